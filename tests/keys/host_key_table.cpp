// SPDX-License-Identifier: MIT
#include "keys/host_key_table.h"

#include "om/base/crypto.h"
#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

using enum ssh::HostKeyVerdict;

std::string hash_of(const std::string& name, char salt_byte = 's') {
  const std::string salt(20, salt_byte);
  return "|1|" + crypto::base64(salt) + "|" + crypto::base64(crypto::hmac_sha1(salt, name));
}

std::string packed(const std::string& key) { return key.substr(key.find(' ') + 1); }
std::string blob_of(const std::string& key) { return *crypto::from_base64(packed(key)); }
std::string line_of(const std::string& type, const std::string& blob) {
  return type + " " + crypto::base64(blob);
}

TableRow at_port(std::uint16_t port, TableRow row) {
  row.port = port;
  return row;
}
TableRow named(const std::string& name, TableRow row) {
  row.name = name;
  return row;
}
TableRow differs(ssh::HostKeyVerdict of_ssh, const std::string& why, TableRow row) {
  row.of_ssh = of_ssh;
  row.why = why;
  return row;
}
TableRow before_10_1(TableRow row) {
  row.before_10_1 = true;
  return row;
}
TableRow without_ed25519(TableRow row) {
  row.server = TableServer::without_ed25519;
  return row;
}
TableRow aliased(const std::string& alias, TableRow row) {
  row.alias = alias;
  row.port = 2222;
  return row;
}

}  // namespace

Rows rows_of_names(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  return {
      {"an empty file", "", accepted},
      {"the name", "web1" + own, ok},
      {"the name with another key", "web1" + other, changed},
      {"another name", "web2" + own, accepted},
      {"the first of a list", "web1,web2,10.0.0.1" + own, ok},
      {"the last of a list", "web2,10.0.0.1,web1" + own, ok},
      {"in a list with another key", "web2,web1" + other, changed},
      {"in capitals on file", "WEB1" + own, ok},
      named("WEB1", {"asked for in capitals", "web1" + own, ok}),
      {"a dot at the end on file", "web1." + own, accepted},
      named("web1.", {"a dot at the end in both", "web1." + own, ok}),
      named("web1.", {"asked for with a dot at the end", "web1" + own, accepted}),
      {"the long name on file", "web1.example.com" + own, accepted},
      {"beside a name in UTF-8",
       "w\xc3\xa9"
       "b1,web1" +
           own,
       ok},
      {"a list with empty parts", ",web1,," + own, ok},
      {"twice in a list", "web1,web1" + own, ok},
      {"a byte order mark in front", "\xef\xbb\xbfweb1" + own, accepted},
      named("10.0.0.1", {"an IPv4 address", "10.0.0.1" + own, ok}),
      named("10.0.0.1", {"an IPv4 address behind a name", "web1,10.0.0.1" + own, ok}),
      named("10.0.0.2", {"another IPv4 address", "10.0.0.1" + own, accepted}),
      {"its address has another key (CheckHostIP is off)", "web1" + own + "127.0.0.1" + other, ok},
      named("::1", {"an IPv6 address", "::1" + own, ok}),
      named("::1", {"an IPv6 address in brackets", "[::1]" + own, accepted}),
      named("::1", {"an IPv6 address written long on file", "0:0:0:0:0:0:0:1" + own, accepted}),
      named("fe80::1", {"an IPv6 address in capitals on file", "FE80::1" + own, ok}),
      aliased("web1", {"an alias stands without a port", "web1" + own, ok}),
      aliased("web1", {"an alias with another key", "web1" + other, changed}),
      aliased("web1", {"an alias with a port on file", "[web1]:2222" + own, accepted}),
      aliased("Web1", {"an alias in capitals", "web1" + own, ok}),
      aliased("other", {"the name has the key, the alias has none", "web1" + own, accepted}),
      aliased("web1", {"the address has another key, the alias the right one",
                       "[127.0.0.1]:2222" + other + "web1" + own, ok}),
  };
}

Rows rows_of_ports(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  return {
      at_port(2222, {"the name and port", "[web1]:2222" + own, ok}),
      at_port(2222, {"the name and port with another key", "[web1]:2222" + other, changed}),
      at_port(2222, {"another port", "[web1]:2223" + own, accepted}),
      at_port(2222, {"the bare name has the key", "web1" + own, ok}),
      at_port(2222, {"the bare name has another key", "web1" + other, accepted}),
      at_port(2222, {"the bare name has the key, the port another",
                     "web1" + own + "[web1]:2222" + other, changed}),
      at_port(2222, {"the bare name has another key, the port this one",
                     "web1" + other + "[web1]:2222" + own, ok}),
      {"a name and port, asked for at 22", "[web1]:2222" + own, accepted},
      {"port 22 written out", "[web1]:22" + own, accepted},
      {"brackets without a port", "[web1]" + own, accepted},
      at_port(2222, {"both in a list", "web1,[web1]:2222" + own, ok}),
      at_port(2222, {"capitals and a port", "[WEB1]:2222" + own, ok}),
      at_port(2222, {"any name at the port", "[*]:2222" + own, ok}),
      at_port(2222, {"any name at another port", "[*]:2223" + own, accepted}),
      at_port(2222, {"the name at any port", "[web1]:*" + own, ok}),
      at_port(2222, {"a port with a question mark", "[web1]:222?" + own, ok}),
      at_port(2222, {"a pattern over the brackets", "*:2222" + own, ok}),
      at_port(2222, {"a pattern of the bare name", "web*" + own, ok}),
      at_port(2222, {"a pattern of the bare name with another key", "web*" + other, accepted}),
      at_port(2222, {"negated at this port", "[web1]:*,![web1]:2222" + own, accepted}),
      at_port(2222, named("10.0.0.1", {"an IPv4 address and port", "[10.0.0.1]:2222" + own, ok})),
      at_port(2222, named("::1", {"an IPv6 address and port", "[::1]:2222" + own, ok})),
      at_port(2222, named("::1", {"an IPv6 address and port with another key", "[::1]:2222" + other,
                                  changed})),
      at_port(2222, named("::1", {"the bare IPv6 address", "::1" + own, ok})),
      at_port(2222, {"hashed, with the port", hash_of("[web1]:2222") + own, ok}),
      at_port(2222, {"hashed, without the port", hash_of("web1") + own, ok}),
      {"hashed with a port, asked for at 22", hash_of("[web1]:2222") + own, accepted},
      at_port(2222, {"hashed with the port, another key", hash_of("[web1]:2222") + other, changed}),
  };
}

Rows rows_of_patterns(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  return {
      {"* alone", "*" + own, ok},
      {"* alone with another key", "*" + other, changed},
      {"*, and the name with the right key", "*" + other + "web1" + own, ok},
      {"one question mark", "web?" + own, ok},
      {"two question marks", "web??" + own, accepted},
      {"a question mark alone", "?" + own, accepted},
      {"many stars", "*w**e*1*" + own, ok},
      named("a.example.com", {"a domain", "*.example.com" + own, ok}),
      named("example.com", {"a domain is not its own member", "*.example.com" + own, accepted}),
      named("A.Example.COM", {"a domain in other capitals", "*.EXAMPLE.com" + own, ok}),
      {"negated alone", "!web1" + own, accepted},
      {"everything negated", "!*" + own, accepted},
      {"! alone", "!" + own, accepted},
      {"negated behind a wildcard", "*,!web1" + own, accepted},
      {"negated before a wildcard", "!web1,*" + own, accepted},
      {"another name negated", "*,!web2" + own, ok},
      {"negated in capitals", "*,!WEB1" + own, accepted},
      {"negated by a pattern", "web1,!web?" + own, accepted},
      {"a second exclamation mark is a letter", "!!web1,*" + own, ok},
      {"negated in one line, named in another", "*,!web1" + other + "web1" + own, ok},
      {"negated with another key", "*,!web1" + other, accepted},
      {"a part of 1,022 letters", std::string(1022, 'y') + ",web1" + own, ok},
      {"a part of 1,023 letters spoils the list", std::string(1023, 'y') + ",web1" + own, accepted},
      {"the mark of negation does not count", "!" + std::string(1022, 'y') + ",web1" + own, ok},
      {"brackets are no character class", "web[12]" + own, accepted},
  };
}

Rows rows_of_hashes(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  const std::string hash = hash_of("web1");
  return {
      {"hashed", hash + own, ok},
      {"hashed with another key", hash + other, changed},
      {"the second of several", hash_of("web2", 'a') + own + hash_of("web1", 'b') + own, ok},
      {"twice, the second right", hash_of("web1", 'a') + other + hash_of("web1", 'b') + own, ok},
      named("WEB1", {"asked for in capitals", hash + own, ok}),
      {"hashed from capitals", hash_of("WEB1") + own, accepted},
      {"hashed beside a plain one with another key", hash + own + "web1" + other, ok},
      {"the digest is cut", hash.substr(0, hash.size() - 6) + own, accepted},
      {"the digest is another's", hash.substr(0, 32) + hash_of("x").substr(32) + own, accepted},
      {"the salt is no base64", "|1|!!!|" + hash.substr(32) + own, accepted},
      {"the salt is short", "|1|c2Fs|" + hash.substr(32) + own, accepted},
      {"the padding is missing", hash.substr(0, hash.size() - 1) + own, accepted},
      {"another kind of hash", "|2" + hash.substr(2) + own, accepted},
      {"a name behind the hash", hash + ",web1" + own, accepted},
      {"a damaged one in front of a good one", "|1|x|y" + own + "web1" + own, ok},
  };
}

Rows rows_of_markers(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  const std::string authority = "@cert-authority ";
  const std::string no_ca =
      "a certificate cannot be verified here, and a stranger's key is not taken";
  return {
      {"revoked, and on file", "@revoked web1" + own + "web1" + own, revoked},
      {"on file, then revoked", "web1" + own + "@revoked web1" + own, revoked},
      {"revoked only", "@revoked web1" + own, revoked},
      {"revoked for everybody", "@revoked *" + own + "web1" + own, revoked},
      {"revoked by hash", "@revoked " + hash_of("web1") + own + "web1" + own, revoked},
      {"revoked in a list", "@revoked web2,web1" + own + "web1" + own, revoked},
      {"another key revoked", "@revoked web1" + other + "web1" + own, ok},
      {"another key revoked, this one new", "@revoked web1" + other, accepted},
      {"another key revoked, and another on file",
       "@revoked web1" + own.substr(0, 1) + k.other_ec + "\nweb1" + other, changed},
      {"revoked under another name", "@revoked web2" + own + "web1" + own, ok},
      {"revoked for all but this name", "@revoked *,!web1" + own + "web1" + own, ok},
      at_port(2222, {"revoked for the name and port", "@revoked [web1]:2222" + own, revoked}),
      differs(accepted, "ssh looks at the bare name for good keys only; revoked is revoked",
              at_port(2222, {"revoked for the bare name", "@revoked web1" + own, revoked})),
      at_port(2222, {"revoked for the bare name, on file with the port",
                     "@revoked web1" + own + "[web1]:2222" + own, ok}),
      differs(accepted, no_ca, {"only an authority", authority + "web1" + other, only_ca}),
      differs(accepted, no_ca,
              {"only an authority, for a domain", authority + "*" + other, only_ca}),
      differs(accepted, no_ca,
              {"only an authority, hashed", authority + hash_of("web1") + other, only_ca}),
      differs(accepted, no_ca, {"the authority's own key", authority + "web1" + own, only_ca}),
      differs(accepted, no_ca,
              at_port(2222, {"only an authority for the bare name", authority + "web1" + other,
                             only_ca})),
      differs(accepted, no_ca,
              {"an authority, and another key revoked",
               authority + "web1" + other + "@revoked web1 " + k.other_ec + "\n", only_ca}),
      {"an authority of others", authority + "*,!web1" + other, accepted},
      {"an authority and the key", authority + "web1" + other + "web1" + own, ok},
      {"an authority and another key", authority + "web1" + other + "web1" + other, changed},
      {"an authority and revoked", authority + "web1" + other + "@revoked web1" + own, revoked},
      at_port(2222, {"an authority for the port, the key for the bare name",
                     authority + "[web1]:2222" + other + "web1" + own, ok}),
      {"an unknown marker", "@trusted web1" + own, accepted},
      {"two markers", "@revoked @cert-authority web1" + own, accepted},
      {"a marker in capitals", "@REVOKED web1" + own + "web1" + own, ok},
      {"a marker alone", "@revoked\nweb1" + own, ok},
      {"blanks behind the marker", "@revoked  \t web1" + own, revoked},
      {"tabs throughout", "@revoked\tweb1\t" + text::replace_all(k.ed, " ", "\t") + "\n", revoked},
      {"a tab behind the marker, spaces later", "@revoked\tweb1" + own + "web1" + own, ok},
      {"blanks before the marker", "  @revoked web1" + own + "web1" + own, revoked},
  };
}

Rows rows_of_lines(const TableKeys& k) {
  const std::string own = " " + k.ed + "\n";
  const std::string other = " " + k.other_ed + "\n";
  const std::string no_feed = "web1 " + k.ed;
  const std::string nul(1, '\0');
  return {
      {"carriage returns", no_feed + "\r\n", ok},
      {"carriage returns throughout", "# mine\r\n\r\nweb2" + other + "\r\n" + no_feed + "\r\n", ok},
      {"a carriage return behind a comment", no_feed + " comment\r\n", ok},
      {"tabs for spaces", "web1\t\t" + text::replace_all(k.ed, " ", " \t ") + "\n", ok},
      {"blanks in front", " \t web1" + own, ok},
      {"blanks behind", no_feed + "  \t\n", ok},
      {"comments and empty lines", "# web1" + other + "\n   \n#\n\t# x\n" + no_feed + "\n\n", ok},
      {"commented out", "#web1" + own, accepted},
      {"a comment behind the key", no_feed + " root@web1 # installed in 2020\n", ok},
      {"no line feed at the end", no_feed, ok},
      {"the same line twice", "web1" + own + "web1" + own, ok},
      {"a line of 5,000 letters in front", std::string(5000, 'x') + other + "web1" + own, ok},
      {"a line of 100,000 letters in front", std::string(100'000, 'x') + "\nweb1" + own, ok},
      {"a comment of 100,000 letters", no_feed + " " + std::string(100'000, 'x') + "\n", ok},
      {"a list of 20,000 names",
       [&] {
         std::string names;
         for (int i = 0; i < 20'000; ++i) names += "n" + std::to_string(i) + ",";
         return names + "web1" + own;
       }(),
       ok},
      {"garbage between good lines",
       "web2" + own + "%$&/ garbage \x01\x02\xff\n\xfe\xff\nweb1" + own, ok},
      {"a vertical tab in front is part of the name", "\vweb1" + own, accepted},
      {"a NUL in another line", "web2" + nul + own + "web1" + own, ok},
      before_10_1({"a NUL behind the name", "web1" + nul + own, ok}),
      before_10_1({"a NUL behind the name, and another key", "web1" + nul + other, changed}),
      before_10_1({"a NUL for a blank behind the name", "web1" + nul + k.ed + "\n", ok}),
      {"a NUL in front of the type", "web1 " + nul + k.ed + "\n", accepted},
      {"a NUL in front of the name", nul + "web1" + own, accepted},
      {"a NUL in the name", "we" + nul + "b1" + own, accepted},
      {"a NUL in the key", no_feed.substr(0, 40) + nul + no_feed.substr(40) + "\n", accepted},
      {"a NUL behind the key", no_feed + " x" + nul + "y\n", ok},
      {"a name only", "web1\n", accepted},
      {"a name and a type", "web1 ssh-ed25519\n", accepted},
      {"a name, a type and a blank", "web1 ssh-ed25519 \n", accepted},
      {"a comment for a key", "web1 # ssh-ed25519 AAAA\n", accepted},
      {"a key without a name", k.ed + "\n", accepted},
  };
}

Rows rows_of_keys(const TableKeys& k) {
  const std::string ed = "web1 " + k.ed + "\n";
  const std::string ec = "web1 " + k.ec + "\n";
  const std::string rsa = "web1 " + k.rsa + "\n";
  const std::string other_ed = "web1 " + k.other_ed + "\n";
  const std::string other_ec = "web1 " + k.other_ec + "\n";
  const std::string other_rsa = "web1 " + k.other_rsa + "\n";
  std::string off_curve = blob_of(k.ec);
  off_curve.back() ^= 1;
  std::string small_rsa;
  ssh::append_string(small_rsa, "ssh-rsa");
  ssh::append_mpint(small_rsa, "\x01\x01");
  ssh::append_mpint(small_rsa, std::string(96, '\x55'));
  std::string security_key;
  ssh::append_string(security_key, "sk-ssh-ed25519@openssh.com");
  ssh::append_string(security_key, std::string(32, 'k'));
  ssh::append_string(security_key, "ssh:");
  return {
      {"only ed25519 on file", ed, ok},
      {"only ECDSA on file", ec, ok},
      {"only RSA on file", rsa, ok},
      {"all three on file", rsa + ec + ed, ok},
      {"RSA by the name of its signature", "web1 rsa-sha2-512 " + packed(k.rsa) + "\n", ok},
      {"another ECDSA key", other_ec, changed},
      {"another RSA key", other_rsa, changed},
      {"the wrong type first on file, both right", rsa + ed, ok},
      {"ed25519 wrong, RSA right", other_ed + rsa, changed},
      {"RSA right, ed25519 wrong", rsa + other_ed, changed},
      {"ECDSA wrong, RSA right", other_ec + rsa, changed},
      {"RSA wrong, ECDSA right", other_rsa + ec, ok},
      {"several ed25519 keys, one right", other_ed + ed + "web1 " + k.other_ed + " x\n", ok},
      {"ed25519 revoked, RSA right", "@revoked " + ed + ed + rsa, ok},
      {"hashed, only RSA", hash_of("web1") + " " + k.rsa + "\n", ok},
      {"hashed, only ECDSA", hash_of("web1") + " " + k.ec + "\n", ok},
      {"a pattern, only RSA", "web* " + k.rsa + "\n", ok},
      at_port(2222, {"at a port, only RSA", "[web1]:2222 " + k.rsa + "\n", ok}),
      without_ed25519({"ed25519 on file, and the server has none", other_ed, changed}),
      differs(changed, "the types on file come first, always: a second type is no false alarm",
              without_ed25519(
                  {"ed25519 and RSA on file, the server has ECDSA and RSA", other_ed + rsa, ok})),
      without_ed25519({"nothing on file, the server has no ed25519", "", accepted}),
      {"no base64", "web1 ssh-ed25519 !!!!\n", accepted},
      {"base64 with a stray letter", "web1 ssh-ed25519 *" + packed(k.ed) + "\n", accepted},
      {"a key cut by four letters", ed.substr(0, ed.size() - 5) + "\n", accepted},
      {"a key cut in the middle of a byte", ed.substr(0, ed.size() - 2) + "\n", accepted},
      {"padding that does not belong", "web1 " + k.ed + "==\n", accepted},
      without_ed25519(
          {"padding that is missing", "web1 " + k.ec.substr(0, k.ec.find('=')) + "\n", accepted}),
      without_ed25519({"padding that is too much", "web1 " + k.ec + "=\n", accepted}),
      {"four letters too many", "web1 " + k.ed + "AAAA\n", accepted},
      {"another type named", "web1 ssh-rsa " + packed(k.ed) + "\n", accepted},
      {"an unknown type named", "web1 ssh-foo " + packed(k.ed) + "\n", accepted},
      {"an unknown type in both places",
       "web1 " +
           line_of("ssh-foo", text::replace_all(blob_of(k.ed), "ssh-ed25519", "ssh-ed25511")) +
           "\n",
       accepted},
      {"the type in capitals", "web1 SSH-ED25519 " + packed(k.ed) + "\n", accepted},
      without_ed25519(
          {"another curve named", "web1 ecdsa-sha2-nistp384 " + packed(k.ec) + "\n", accepted}),
      without_ed25519({"a point that is not on the curve",
                       "web1 " + line_of("ecdsa-sha2-nistp256", off_curve) + "\n", accepted}),
      {"RSA of 768 bits", "web1 " + line_of("ssh-rsa", small_rsa) + "\n", accepted},
      {"a security key's", "web1 " + line_of("sk-ssh-ed25519@openssh.com", security_key) + "\n",
       changed},
      {"a bad key in front of the good one", "web1 ssh-ed25519 !!!!\n" + ed, ok},
      {"a bad key behind another one", other_ed + "web1 ssh-ed25519 !!!!\n", changed},
  };
}

}  // namespace om::keys
