# SPDX-License-Identifier: MIT
#
# An image with the binary and nothing else.
#
#   docker build -t omserver .
#   docker run -d --name omserver --network host -v omserver:/data omserver
#   docker logs omserver                               # the one-time sign-in link
#   docker exec omserver /omserver --help              # every command works beside the server
#
# The host's network, because omserver listens on 127.0.0.1:8080 unless it has a certificate, and
# because the hosts it manages are reached as from the machine itself.

FROM debian:trixie AS build
WORKDIR /src
COPY scripts/deps deps.lock ./
COPY patches patches
RUN mkdir scripts && mv deps scripts/ && scripts/deps
COPY . .
RUN scripts/build && mkdir /empty

FROM scratch
COPY --from=build /src/build/release/omserver /omserver
# A volume takes its owner from what the image has at that place.
COPY --from=build --chown=65532:65532 /empty /data
USER 65532:65532
VOLUME /data
ENV OMSERVER_DATA=/data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/omserver", "healthcheck"]
ENTRYPOINT ["/omserver"]
CMD ["serve"]
