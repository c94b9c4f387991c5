// SPDX-License-Identifier: MIT
//
// asking_server HOST_KEY_FILE ROUND...: an SSH server for one connection that takes only
// keyboard-interactive and asks in rounds, on libssh. A round is "INSTRUCTION|PROMPT|..."; a prompt
// that begins with + echoes. It says "port N" on standard output, then "answer TEXT" for each
// answer it gets, and "let in" when the first one was "open sesame". A program of its own: libssh
// and libssh2 do not share a process here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Round {
  std::string instruction;
  std::vector<std::string> prompts;
  std::vector<char> echo;
};

Round round_from(const std::string& text) {
  Round round;
  std::size_t at = text.find('|');
  round.instruction = text.substr(0, at);
  while (at != std::string::npos) {
    const std::size_t end = text.find('|', at + 1);
    std::string prompt = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const bool echoes = prompt.starts_with('+');
    round.prompts.push_back(echoes ? prompt.substr(1) : prompt);
    round.echo.push_back(echoes ? 1 : 0);
    at = end;
  }
  return round;
}

int listening_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 4) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::perror("asking_server");
    std::exit(1);
  }
  std::printf("port %d\n", ntohs(address.sin_port));
  return fd;
}

class Conversation {
 public:
  Conversation(ssh_session session, std::vector<Round> rounds)
      : session_(session), rounds_(std::move(rounds)) {}

  void run() {
    while (const ssh_message message = ssh_message_get(session_)) {
      reply(message);
      ssh_message_free(message);
    }
  }

 private:
  void reply(ssh_message message) {
    if (ssh_message_type(message) == SSH_REQUEST_SERVICE) {
      ssh_message_service_reply_success(message);
    } else if (ssh_message_type(message) == SSH_REQUEST_AUTH &&
               ssh_message_subtype(message) == SSH_AUTH_METHOD_INTERACTIVE) {
      converse(message);
    } else {
      ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_INTERACTIVE);
      ssh_message_reply_default(message);
    }
  }

  void converse(ssh_message message) {
    if (ssh_message_auth_kbdint_is_response(message)) {
      const int count = ssh_userauth_kbdint_getnanswers(session_);
      for (int i = 0; i < count; ++i) {
        answers_.emplace_back(ssh_userauth_kbdint_getanswer(session_, static_cast<unsigned>(i)));
        std::printf("answer %s\n", answers_.back().c_str());
      }
      if (count == 0) std::printf("no answer\n");
    }
    if (next_ < rounds_.size()) return ask(message, rounds_[next_++]);
    if (!answers_.empty() && answers_.front() == "open sesame") {
      std::printf("let in\n");
      ssh_message_auth_reply_success(message, 0);
    } else {
      ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_INTERACTIVE);
      ssh_message_reply_default(message);
    }
  }

  static void ask(ssh_message message, Round& round) {
    std::vector<const char*> prompts;
    for (const std::string& prompt : round.prompts) prompts.push_back(prompt.c_str());
    prompts.push_back(nullptr);
    ssh_message_auth_interactive_request(message, "name", round.instruction.c_str(),
                                         static_cast<unsigned>(round.prompts.size()),
                                         prompts.data(), round.echo.data());
  }

  ssh_session session_;
  std::vector<Round> rounds_;
  std::size_t next_ = 0;
  std::vector<std::string> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  ::alarm(60);  // nobody waits for a server that was forgotten
  std::vector<Round> rounds;
  for (int i = 2; i < argc; ++i) rounds.push_back(round_from(argv[i]));

  const int listener = listening_socket();
  const int fd = ::accept(listener, nullptr, nullptr);
  const ssh_bind bind = ssh_bind_new();
  const ssh_session session = ssh_new();
  ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
  if (ssh_bind_accept_fd(bind, session, fd) != SSH_OK ||
      ssh_handle_key_exchange(session) != SSH_OK) {
    std::fprintf(stderr, "asking_server: %s\n", ssh_get_error(session));
    return 1;
  }
  Conversation(session, std::move(rounds)).run();
  ssh_disconnect(session);
  ssh_free(session);
  ssh_bind_free(bind);
  return 0;
}
