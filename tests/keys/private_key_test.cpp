// SPDX-License-Identifier: MIT
//
// Private keys as ssh-keygen and openssl write them, and as nobody should.
#include "om/keys/private_key.h"

#include <random>

#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

#include "om/base/crypto.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

using peers::KeyOptions;
using peers::KeyPair;
using peers::make_key;
using peers::read_file;
using peers::run_program;
using peers::TemporaryFolder;
using peers::write_file;

/// ssh-keygen's own words about a public key.
std::string keygen_fingerprint(const TemporaryFolder& folder, const std::string& public_line) {
  write_file(folder.file("line.pub"), public_line + "\n");
  const std::string line = run_program({"ssh-keygen", "-l", "-f", folder.file("line.pub")}).output;
  const std::size_t begin = line.find("SHA256:");
  return line.substr(begin, line.find(' ', begin) - begin);
}

/// True when ssh-keygen accepts the signature (its sshsig format) that the key made.
bool ssh_keygen_verifies(const TemporaryFolder& folder, const PrivateKey& key,
                         const std::string& algorithm) {
  const std::string message = "what is signed";
  std::string signed_data = "SSHSIG";
  ssh::append_string(signed_data, "om");
  ssh::append_string(signed_data, "");
  ssh::append_string(signed_data, "sha512");
  write_file(folder.file("message"), message);
  const std::string sum = run_program({"sha512sum", folder.file("message")}).output.substr(0, 128);
  ssh::append_string(signed_data, *crypto::from_hex(sum));
  const auto signature = key.sign(algorithm, signed_data);
  if (!signature) return false;
  std::string wrapped;
  ssh::append_string(wrapped, algorithm);
  ssh::append_string(wrapped, *signature);
  std::string file = "SSHSIG";
  ssh::append_u32(file, 1);
  ssh::append_string(file, key.public_key().blob);
  ssh::append_string(file, "om");
  ssh::append_string(file, "");
  ssh::append_string(file, "sha512");
  ssh::append_string(file, wrapped);
  write_file(folder.file("signature"), "-----BEGIN SSH SIGNATURE-----\n" + crypto::base64(file) +
                                           "\n-----END SSH SIGNATURE-----\n");
  write_file(folder.file("signers"), "me " + key.public_key().authorized_keys_line() + "\n");
  const auto verified =
      run_program({"sh", "-c",
                   "exec ssh-keygen -Y verify -f \"$0/signers\" -I me -n om -s \"$0/signature\" "
                   "<\"$0/message\"",
                   folder.path()});
  return verified.exit_status == 0;
}

KeyOptions key(const char* type, int bits, const char* format = "", const char* passphrase = "",
               const char* cipher = "") {
  KeyOptions options;
  options.type = type;
  options.bits = bits;
  options.format = format;
  options.passphrase = passphrase;
  options.cipher = cipher;
  return options;
}

std::string case_name(const KeyOptions& options) {
  std::string name = options.type + (options.bits != 0 ? std::to_string(options.bits) : "") +
                     options.format + (options.passphrase.empty() ? "" : "Encrypted");
  for (const char c : options.cipher) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name.push_back(c);
  }
  return name;
}

class PrivateKeyTest : public testing::TestWithParam<KeyOptions> {};

TEST_P(PrivateKeyTest, IsReadAsSshKeygenWroteIt) {
  const TemporaryFolder folder;
  const KeyPair pair = make_key(folder.file("key"), GetParam());
  const auto read = PrivateKey::parse(read_file(pair.private_path), Secret(GetParam().passphrase));
  ASSERT_TRUE(read) << read.error().message;
  // PEM has no place for a comment.
  const PublicKey& half = read->public_key();
  const std::string line = half.authorized_keys_line();
  EXPECT_EQ(line, pair.public_line.substr(0, line.size()));
  if (GetParam().format.empty()) {
    EXPECT_EQ(line, pair.public_line);
  }
  EXPECT_EQ(half.fingerprint(), keygen_fingerprint(folder, pair.public_line));

  const std::string algorithm = half.algorithm == "ssh-rsa" ? "rsa-sha2-512" : half.algorithm;
  EXPECT_TRUE(ssh_keygen_verifies(folder, *read, algorithm));
  if (half.algorithm == "ssh-rsa") {
    EXPECT_TRUE(ssh_keygen_verifies(folder, *read, "rsa-sha2-256"));
  }
  EXPECT_FALSE(read->sign("ssh-dss", "data"));

  const auto again = PrivateKey::from_pkcs8(read->to_pkcs8().reveal(), half.comment);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->public_key().authorized_keys_line(), line);
  EXPECT_TRUE(ssh_keygen_verifies(folder, *again, algorithm));
}

class EncryptedKeyTest : public testing::TestWithParam<KeyOptions> {};

TEST_P(EncryptedKeyTest, AsksForItsPassphrase) {
  const TemporaryFolder folder;
  const std::string file = read_file(make_key(folder.file("key"), GetParam()).private_path);
  const auto none = PrivateKey::parse(file, Secret());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "key.passphrase_needed");
  const auto wrong = PrivateKey::parse(file, Secret("wrong"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().reason, "key.passphrase_wrong");
}

const auto kPlain =
    testing::Values(key("ed25519", 0), key("ecdsa", 256), key("ecdsa", 384), key("ecdsa", 521),
                    key("rsa", 3072), key("rsa", 1024), key("ecdsa", 256, "PEM"),
                    key("rsa", 2048, "PEM"), key("ecdsa", 384, "PKCS8"));
const auto kEncrypted = testing::Values(
    key("ed25519", 0, "", "pass phrase"), key("ecdsa", 256, "", "passphrase", "aes256-cbc"),
    key("ecdsa", 384, "", "passphrase", "aes128-ctr"),
    key("ecdsa", 521, "", "passphrase", "aes256-gcm@openssh.com"),
    key("rsa", 2048, "", "passphrase", "aes192-cbc"), key("ecdsa", 521, "PEM", "passphrase"),
    key("rsa", 2048, "PEM", "passphrase"), key("rsa", 2048, "PKCS8", "passphrase"),
    key("ecdsa", 256, "PKCS8", "passphrase"));
const auto kCaseName = [](const auto& one) { return case_name(one.param); };

INSTANTIATE_TEST_SUITE_P(Plain, PrivateKeyTest, kPlain, kCaseName);
INSTANTIATE_TEST_SUITE_P(Encrypted, PrivateKeyTest, kEncrypted, kCaseName);
INSTANTIATE_TEST_SUITE_P(Formats, EncryptedKeyTest, kEncrypted, kCaseName);

TEST(PrivateKeyFileTest, TakesEd25519FromOpensslAndWindowsLineEnds) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_program({"openssl", "genpkey", "-algorithm", "ed25519", "-out", folder.file("key")})
                .exit_status,
            0);
  std::string text = read_file(folder.file("key"));
  ASSERT_TRUE(PrivateKey::parse(text, Secret()));

  text = read_file(make_key(folder.file("own"), {}).private_path);
  std::string windows = "\r\n";
  for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto read = PrivateKey::parse(windows, Secret());
  ASSERT_TRUE(read) << read.error().message;
}

std::string reason_for(std::string_view file) {
  const auto read = PrivateKey::parse(file, Secret());
  return read ? "none" : read.error().reason;
}

TEST(PrivateKeyFileTest, SaysWhatItGotInstead) {
  const TemporaryFolder folder;
  EXPECT_EQ(reason_for(make_key(folder.file("key"), {}).public_line), "key.is_public");
  EXPECT_EQ(reason_for(""), "key.not_a_key");
  EXPECT_EQ(reason_for("hello"), "key.not_a_key");
  EXPECT_EQ(reason_for(std::string(300'000, 'x')), "key.not_a_key");
  EXPECT_EQ(reason_for("PuTTY-User-Key-File-3: ssh-ed25519\n"), "key.unsupported");
  EXPECT_EQ(reason_for("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"),
            "key.damaged");
  EXPECT_EQ(reason_for("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"), "key.damaged");
}

TEST(PrivateKeyFileTest, RefusesTypesThatSshHasNoUseFor) {
  const TemporaryFolder folder;
  const auto made = [&folder](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"openssl", "genpkey", "-out", folder.file("key")});
    EXPECT_EQ(run_program(arguments).exit_status, 0);
    return reason_for(read_file(folder.file("key")));
  };
  EXPECT_EQ(made({"-algorithm", "ed448"}), "key.unsupported");
  EXPECT_EQ(made({"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"}),
            "key.unsupported");
  EXPECT_EQ(made({"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768"}), "key.unsupported");
}

TEST(PrivateKeyFileTest, RefusesMoreHashingThanIsSensible) {
  const TemporaryFolder folder;
  std::string text =
      read_file(make_key(folder.file("key"), key("ed25519", 0, "", "passphrase")).private_path);
  const std::string head = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  const std::string tail = "-----END OPENSSH PRIVATE KEY-----\n";
  std::string packed;
  for (const char c : text.substr(head.size(), text.size() - head.size() - tail.size())) {
    if (c != '\n') packed.push_back(c);
  }
  std::string bytes = *crypto::from_base64(packed);
  // Behind the magic number: cipher, kdf, and the options (a salt of 16 bytes, and the rounds).
  const std::size_t rounds = 15 + (4 + 10) + (4 + 6) + 4 + (4 + 16);
  ASSERT_EQ(bytes.substr(rounds, 3), std::string(3, '\0'));
  bytes[rounds] = '\x7f';
  const auto read =
      PrivateKey::parse(head + crypto::base64(bytes) + "\n" + tail, Secret("passphrase"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, "key.unsupported");
}

/// The body of a key file, to be damaged and wrapped again.
struct Body {
  std::string head, bytes, tail;
  std::string wrap(const std::string& other) const {
    return head + crypto::base64(other) + "\n" + tail;
  }
};
Body body_of(const std::string& text) {
  Body body;
  const std::size_t first = text.find('\n') + 1;
  const std::size_t last = text.rfind("-----END");
  body.head = text.substr(0, first);
  body.tail = text.substr(last);
  std::string packed;
  for (const char c : text.substr(first, last - first)) {
    if (c != '\n') packed.push_back(c);
  }
  body.bytes = *crypto::from_base64(packed);
  return body;
}

TEST(PrivateKeyFileTest, SurvivesEveryTruncationAndEveryFlippedByte) {
  const TemporaryFolder folder;
  const KeyOptions kinds[] = {key("ed25519", 0), key("ecdsa", 256), key("rsa", 1024),
                              key("ecdsa", 384, "PEM"), key("rsa", 1024, "PKCS8")};
  int number = 0;
  for (const KeyOptions& kind : kinds) {
    const std::string path = folder.file("key" + std::to_string(number++));
    const Body body = body_of(read_file(make_key(path, kind).private_path));
    const auto whole = PrivateKey::parse(body.wrap(body.bytes), Secret());
    ASSERT_TRUE(whole) << case_name(kind);
    for (std::size_t length = 0; length < body.bytes.size(); length += 3) {
      EXPECT_FALSE(PrivateKey::parse(body.wrap(body.bytes.substr(0, length)), Secret()));
    }
    for (std::size_t i = 0; i < body.bytes.size(); i += 2) {
      std::string damaged = body.bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      // A comment may change, and numbers that only make an RSA signature faster; never the key.
      const auto read = PrivateKey::parse(body.wrap(damaged), Secret());
      if (read) {
        EXPECT_EQ(read->public_key().blob, whole->public_key().blob) << case_name(kind) << i;
      }
    }
  }
}

TEST(PrivateKeyFileTest, SurvivesNoise) {
  std::mt19937 random(7);
  const TemporaryFolder folder;
  const Body body = body_of(read_file(make_key(folder.file("key"), {}).private_path));
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = body.bytes;
    const int changes = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < changes; ++i) {
      switch (random() % 3) {
        case 0:
          bytes[random() % bytes.size()] = static_cast<char>(random());
          break;
        case 1:
          bytes.insert(random() % bytes.size(), random() % 9, static_cast<char>(random()));
          break;
        default:
          bytes.erase(random() % bytes.size(), random() % 9);
      }
      if (bytes.empty()) bytes = "x";
    }
    const auto read = PrivateKey::parse(body.wrap(bytes), Secret());
    EXPECT_TRUE(read || read.error().reason.starts_with("key."));
  }
}

}  // namespace
}  // namespace om::keys
