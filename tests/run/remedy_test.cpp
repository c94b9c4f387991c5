// SPDX-License-Identifier: MIT
#include "run/remedy.h"

#include <gtest/gtest.h>

namespace om::run {
namespace {

Host web1() {
  Host host;
  host.name = "web1";
  host.address = "10.0.0.1";
  host.port = 2222;
  host.login = "deploy";
  host.become = "root";
  return host;
}

TEST(RemedyTest, EachReasonHasTheLineThatHelps) {
  const Host host = web1();
  const auto line = [&](std::string_view reason) { return remedy(reason, Platform::ssh, host); };
  EXPECT_EQ(line("ssh.name_not_found"), "getent ahosts 10.0.0.1");
  EXPECT_EQ(line("ssh.connect_refused"), "nc -vz -w 5 10.0.0.1 2222");
  EXPECT_EQ(line("ssh.handshake_failed"), "ssh -v -p 2222 deploy@10.0.0.1 true");
  EXPECT_EQ(line("ssh.host_key_changed"), "omserver hostkey list --pending");
  EXPECT_EQ(line("ssh.no_credential"), "omserver key add ops --file ~/.ssh/id_ed25519");
  EXPECT_EQ(line("ssh.certificate_refused"),
            "omserver key add ops --file ~/.ssh/id_ed25519 --certificate "
            "~/.ssh/id_ed25519-cert.pub --replace");
  EXPECT_EQ(line("backend.become_denied"), "ssh -t -p 2222 deploy@10.0.0.1 'sudo -u root true'");
  EXPECT_EQ(line("backend.become_password"), "omserver credential add become --password-stdin");
  EXPECT_EQ(line("backend.exit"), "");
  EXPECT_EQ(line(""), "");
  EXPECT_EQ(line("something.new"), "");
}

TEST(RemedyTest, ALoginThatIsRefusedGetsTheKeyThatWasOffered) {
  Host host = web1();
  const std::string there =
      " | ssh -p 2222 deploy@10.0.0.1 'umask 077; mkdir -p ~/.ssh; cat >> ~/.ssh/authorized_keys'";
  EXPECT_EQ(remedy("ssh.login_refused", Platform::ssh, host), "omserver key show" + there);
  host.credential = "ops";
  EXPECT_EQ(remedy("ssh.login_refused", Platform::ssh, host), "omserver key show ops" + there);
  host.credential = "agent";
  host.login = "";
  EXPECT_EQ(remedy("ssh.login_refused", Platform::ssh, host), "ssh-copy-id -p 2222 root@10.0.0.1");
}

TEST(RemedyTest, ValuesStayOneWordEach) {
  Host host = web1();
  host.login = "CORP\\deploy$";
  host.become = "app $(reboot)";
  host.become_method = BecomeMethod::doas;
  EXPECT_EQ(remedy("ssh.silent", Platform::ssh, host),
            "ssh -v -p 2222 'CORP\\deploy$@10.0.0.1' true");
  EXPECT_EQ(remedy("backend.become_silent", Platform::ssh, host),
            "ssh -t -p 2222 'CORP\\deploy$@10.0.0.1' 'doas -u '\\''app $(reboot)'\\'' true'");
}

TEST(RemedyTest, BehindJumpHostsTheLineGoesTheSameWay) {
  Host host = web1();
  Host outer;
  outer.address = "bastion.example";
  outer.login = "ops";
  Host inner;
  inner.address = "2001:db8::1";
  inner.port = 2200;
  const auto line = [&](std::string_view reason, const std::vector<Host>& jumps) {
    return remedy(reason, Platform::ssh, host, jumps);
  };
  EXPECT_EQ(line("ssh.silent", {outer}),
            "ssh -v -J ops@bastion.example:22 -p 2222 deploy@10.0.0.1 true");
  EXPECT_EQ(line("ssh.silent", {outer, inner}),
            "ssh -v -J 'ops@bastion.example:22,root@[2001:db8::1]:2200' -p 2222 deploy@10.0.0.1 "
            "true");
  EXPECT_EQ(line("ssh.connect_timed_out", {outer}),
            "ssh -p 22 ops@bastion.example 'nc -vz -w 5 10.0.0.1 2222'");
  EXPECT_EQ(line("ssh.connect_timed_out", {outer, inner}),
            "ssh -J ops@bastion.example:22 -p 2200 root@2001:db8::1 'nc -vz -w 5 10.0.0.1 2222'");
  host.credential = "agent";
  EXPECT_EQ(line("ssh.login_refused", {outer}),
            "ssh-copy-id -p 2222 -o ProxyJump=ops@bastion.example:22 deploy@10.0.0.1");
  host.jump = "bastion";
  EXPECT_EQ(line("ssh.jump_failed", {outer}), "omserver check -H bastion");
}

TEST(RemedyTest, ThisMachineNeedsNoSsh) {
  EXPECT_EQ(remedy("backend.become_denied", Platform::local, web1()), "sudo -u root true");
  EXPECT_EQ(remedy("ssh.login_refused", Platform::local, web1()), "");
  EXPECT_EQ(remedy("ssh.login_refused", Platform::saltstack, web1()), "");
}

}  // namespace
}  // namespace om::run
