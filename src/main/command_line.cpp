// SPDX-License-Identifier: MIT
#include "main/command_line.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "main/data_dir.h"

namespace om::main {
namespace {

constexpr const char* kConfigFile = "/etc/omserver/omserver.toml";
constexpr int kUsageError = 2;

/// "Examples:" at the end of a command's help.
void examples(CLI::App& command, const std::string& lines) {
  command.footer("Examples:\n" + lines);
}

void add_global(CLI::App& app, Global& global, std::string& level) {
  app.add_option("--data", global.data, "Data directory of the controller")
      ->envname("OMSERVER_DATA")
      ->capture_default_str();
  app.add_option("--url", global.url,
                 "Ask the controller at this URL instead, with the token in OMSERVER_TOKEN")
      ->envname("OMSERVER_URL");
  app.add_flag("--json", global.json, "Print JSON, for programs");
  app.add_option("--log-level", level,
                 "debug, info, warning or error (default: info for serve, else warning)")
      ->envname("OMSERVER_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

void add_controller_settings(CLI::App& app, ServeCommand& serve, std::string& platform) {
  app.add_option("--platform,--auto_platform,--auto-platform", platform,
                 "Carrier of modules that name none")
      ->envname("OMSERVER_AUTO_PLATFORM")
      ->check(CLI::IsMember({"ssh", "ansible", "saltstack", "func"}))
      ->capture_default_str();
  app.add_option("--host-keys", serve.host_keys,
                 "Unknown host keys: accept-new records them, strict refuses")
      ->envname("OMSERVER_HOST_KEYS")
      ->check(CLI::IsMember({"accept-new", "strict"}))
      ->capture_default_str();
  app.add_option("--concurrency", serve.concurrency, "Targets of one run at once")
      ->envname("OMSERVER_CONCURRENCY")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--concurrency-all", serve.concurrency_all, "Targets of all runs at once")
      ->envname("OMSERVER_CONCURRENCY_ALL")
      ->check(CLI::Range(1, 20000))
      ->capture_default_str();
  app.add_option("--run-timeout", serve.timeout_s,
                 "Seconds a target may run, where neither module nor run says")
      ->envname("OMSERVER_RUN_TIMEOUT")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--connect-timeout", serve.connect_timeout_s,
                 "Seconds until a host has accepted the connection")
      ->envname("OMSERVER_CONNECT_TIMEOUT")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--login-timeout", serve.login_timeout_s,
                 "Seconds for the handshake, and as many for the login")
      ->envname("OMSERVER_LOGIN_TIMEOUT")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--silence", serve.silence_s,
                 "Seconds without any sign of life after which a host is lost")
      ->envname("OMSERVER_SILENCE")
      ->check(CLI::Range(3, 3600))
      ->capture_default_str();
  app.add_option("--idle", serve.idle_s, "Seconds an SSH session is kept unused (0: not at all)")
      ->envname("OMSERVER_IDLE")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--idle-sessions", serve.idle_sessions,
                 "SSH sessions kept unused; then the oldest are closed")
      ->envname("OMSERVER_IDLE_SESSIONS")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--connecting", serve.connecting, "SSH sessions that may be connecting at once")
      ->envname("OMSERVER_CONNECTING")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--connecting-at-one", serve.connecting_at_one,
                 "The same at one address, and through one jump host")
      ->envname("OMSERVER_CONNECTING_AT_ONE")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

class Parser {
 public:
  Parser() {
    line_.global.data = default_data_dir();
    app_.require_subcommand(1);
    app_.set_help_all_flag("--help-all", "Help of every command");
    add_global(app_, line_.global, level_);
    app_.set_config("--config", ::access(kConfigFile, R_OK) == 0 ? kConfigFile : "",
                    "Configuration file (TOML)");
    app_.allow_config_extras(false);
    app_.fallthrough();
    examples(
        app_,
        "  omserver serve                                   start the controller\n"
        "  omserver user link admin                         a one-time link to sign in\n"
        "  omserver host add web1 --address 10.0.0.1 --key ops --app Linux.Web/www.domain.com\n"
        "  omserver run 1003 -a Linux.Web/www.domain.com    run a module and see the result\n");
    add_serve();
    add_run();
    add_copy();
    add_check();
    add_runs();
    add_hosts();
    add_apps();
    add_keys();
    add_credentials();
    add_host_keys();
    add_lists();
    add_access();
    add_others();
  }

  std::optional<CommandLine> parse(int argc, char** argv, int& exit_code) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      exit_code = app_.exit(error) == 0 ? 0 : kUsageError;
      return std::nullopt;
    }
    line_.settings.auto_platform = *platform_from_name(platform_);
    if (chosen_) line_.command = chosen_();
    // The controller's log tells what it does; a command's is only for what goes wrong.
    const bool serves = std::holds_alternative<ServeCommand>(line_.command);
    const std::string level = !level_.empty() ? level_ : serves ? "info" : "warning";
    line_.global.log_level = *log::level_from_name(level);
    return line_;
  }

 private:
  template <class T>
  CLI::App* add(CLI::App& parent, const char* name, const char* summary,
                std::shared_ptr<T> values) {
    CLI::App* command = parent.add_subcommand(name, summary);
    command->fallthrough();
    command->callback([this, values] { chosen_ = [values] { return Command(*values); }; });
    return command;
  }

  CLI::App& group(const char* name, const char* summary) {
    CLI::App* command = app_.add_subcommand(name, summary);
    command->fallthrough();
    command->require_subcommand(1);
    return *command;
  }

  void add_serve() {
    CLI::App* command = app_.add_subcommand("serve", "Start the controller and its page");
    command->fallthrough();
    command->callback([this] { chosen_ = [this] { return Command(line_.settings); }; });
    ServeCommand& serve = line_.settings;
    command->add_option("--listen", serve.listen, "Address and port of the page")
        ->envname("OMSERVER_LISTEN")
        ->capture_default_str();
    command
        ->add_option("--channel", serve.channel,
                     "Address of the rpyc channel (not in this version: ignored)")
        ->envname("OMSERVER_CHANNEL");
    command
        ->add_option("--name", serve.names,
                     "Another host name the page is opened under (behind a proxy)")
        ->envname("OMSERVER_NAME");
    command
        ->add_option("--assets", serve.assets,
                     "Serve the page from this folder, while developing it")
        ->envname("OMSERVER_ASSETS")
        ->check(CLI::ExistingDirectory);
    add_controller_settings(*command, serve, platform_);
    examples(*command,
             "  omserver serve\n"
             "  omserver serve --data /srv/omserver --listen 127.0.0.1:8090\n"
             "  From a desk: ssh -L 8080:127.0.0.1:8080 USER@JUMPHOST, then open "
             "http://127.0.0.1:8080/\n");
  }

  void add_run() {
    auto run = std::make_shared<RunCommand>();
    CLI::App* command = add(app_, "run", "Run a module on hosts and show what they answer", run);
    command->add_option("module", run->module, "Number of the module")->required();
    command->add_option("-H,--host", run->hosts, "Hosts by name, separated by commas")
        ->delimiter(',');
    command->add_option("-a,--app", run->apps, "Every host of this application");
    command->add_option("-t,--tag", run->tags, "Every host with this tag");
    command
        ->add_option("-p,--param", run->parameters,
                     "A value of the form, in order; N=- reads value N from standard input")
        ->allow_extra_args(false);
    command->add_option("--platform", run->platform, "Carry it over this platform")
        ->check(CLI::IsMember({"ssh", "local", "ansible", "saltstack", "func"}));
    command->add_option("--concurrency", run->concurrency, "Targets at once")
        ->check(CLI::Range(1, 10000));
    command->add_option("--timeout", run->timeout_s, "Seconds a target may run")
        ->check(CLI::Range(1, 86400));
    add_batches(*command, run->batches);
    examples(*command,
             "  omserver run 1003 -H web1,web2\n"
             "  omserver run 1001 -a Linux.Web/www.domain.com -p 20\n"
             "  omserver run 1007 -t blue -p nginx --concurrency 5\n"
             "  omserver run 1007 -t blue -p nginx --canary 1 --batch 25% --max-failed 10%\n"
             "  omserver run 1007 -t blue -p nginx --batch 10 --pause after-each --order random\n"
             "  omserver run 1003 -t blue --json | jq '.targets[] | select(.outcome != \"ok\")'\n"
             "Exit status: 0 every target ok, 1 some target not ok, 2 refused.\n");
  }

  void add_copy() {
    auto copy = std::make_shared<CopyCommand>();
    CLI::App* command = add(
        app_, "copy", "Copy a file or folder to hosts, and run a command where it changed", copy);
    command->add_option("source", copy->source, "File or folder of this machine")->required();
    command->add_option("destination", copy->destination, "Where to: /... or ~/...")->required();
    command->add_option("-H,--host", copy->hosts, "Hosts by name, separated by commas")
        ->delimiter(',');
    command->add_option("-a,--app", copy->apps, "Every host of this application");
    command->add_option("-t,--tag", copy->tags, "Every host with this tag");
    command->add_option("--mode", copy->mode, "Permissions there (default: as they were, or here)");
    command->add_option("--owner", copy->owner, "Owner there: user, user:group or :group");
    command->add_option("--command", copy->command, "Run this where something has changed");
    command->add_option("--concurrency", copy->concurrency, "Targets at once")
        ->check(CLI::Range(1, 10000));
    command->add_option("--timeout", copy->timeout_s, "Seconds a target may take")
        ->check(CLI::Range(1, 86400));
    examples(*command,
             "  omserver copy app.tar /opt/app.tar -t web --mode 0644 --owner www-data:www-data\n"
             "  omserver copy site/ /srv/www -a Linux.Web/www.domain.com\n"
             "  omserver copy nginx.conf /etc/nginx/nginx.conf -t web --command 'systemctl reload "
             "nginx'\n"
             "What is equal there is not sent; a copy that was cut goes on where it stopped.\n"
             "Exit status: 0 every target ok, 1 some target not ok, 2 refused.\n");
  }

  void add_batches(CLI::App& command, BatchOptions& batches) {
    command.add_option("--batch", batches.size,
                       "Targets in one batch, as 10 or 25%; the next begins when all have ended");
    command
        .add_option("--canary", batches.canary, "Targets that go first, as a batch of their own")
        ->check(CLI::Range(0, 20000));
    command.add_option("--max-failed", batches.max_failed,
                       "Stop when more than so many have failed, as 3 or 10%; 0: at the first");
    command.add_option("--pause", batches.pause, "Wait for 'omserver runs continue' after a batch")
        ->check(CLI::IsMember({"never", "after-canary", "after-each"}))
        ->capture_default_str();
    command.add_option("--order", batches.order, "In which order targets start")
        ->check(CLI::IsMember({"given", "random"}))
        ->capture_default_str();
  }

  void add_check() {
    auto check = std::make_shared<CheckCommand>();
    CLI::App* command =
        add(app_, "check", "See whether runs would reach hosts, and why not", check);
    command->add_option("-H,--host", check->hosts, "Hosts by name, separated by commas")
        ->delimiter(',');
    command->add_option("-a,--app", check->apps, "Every host of this application");
    command->add_option("-t,--tag", check->tags, "Every host with this tag");
    command->add_option("--concurrency", check->concurrency, "Targets at once")
        ->check(CLI::Range(1, 10000));
    examples(*command,
             "  omserver check -t blue\n"
             "  omserver check -a Linux.Web/www.domain.com --json | jq -r '.targets[].remedy'\n"
             "Exit status: 0 every host is ready, 1 some host is not, 2 refused.\n");
  }

  void add_runs() {
    CLI::App& runs = group("runs", "What becomes of a run");
    const std::pair<const char*, const char*> actions[] = {
        {"pause", "Start nothing more of it; what runs goes on"},
        {"continue", "Let a paused run go on"},
        {"cancel", "End it, with its processes on the hosts"}};
    for (const auto& [action, summary] : actions) {
      auto control = std::make_shared<RunsCommand>();
      control->action = action;
      CLI::App* command = add(runs, action, summary, control);
      command->add_option("run", control->run, "Number of the run")->required();
      examples(*command, std::string("  omserver runs ") + action + " 41\n");
    }
    auto retry = std::make_shared<RetryCommand>();
    CLI::App* command = add(runs, "retry", "Run it again where it did not go well", retry);
    command->add_option("run", retry->run, "Number of the run")->required();
    command->add_option("--outcome", retry->outcomes, "Targets that ended so (default: all but ok)")
        ->check(CLI::IsMember({"ok", "failed", "unreachable", "timed_out", "cancelled", "lost",
                               "skipped", "interrupted"}))
        ->allow_extra_args(false);
    command
        ->add_option("-p,--param", retry->parameters,
                     "N=- reads secret parameter N from standard input: it was not stored")
        ->allow_extra_args(false);
    examples(*command,
             "  omserver runs retry 41\n"
             "  omserver runs retry 41 --outcome unreachable --outcome skipped\n");
  }

  void add_hosts() {
    CLI::App& hosts = group("host", "The hosts of the inventory");
    auto host = std::make_shared<HostAddCommand>();
    CLI::App* command = add(hosts, "add", "Add a host", host);
    command->add_option("name", host->name, "Unique name")->required();
    command
        ->add_option("--address", host->address,
                     "Name or IP address to connect to; NAME:PORT and [IPV6]:PORT bring the port")
        ->required();
    command->add_option("--port", host->port, "SSH port (default 22)")->check(CLI::Range(1, 65535));
    command->add_option("--login", host->login, "Remote user (default root)");
    command->add_option("--key", host->key, "Name of the key or password to log in with, or agent");
    command->add_option("--app", host->apps, "An application it belongs to")
        ->allow_extra_args(false);
    command->add_option("--tag", host->tags, "A tag")->allow_extra_args(false);
    command->add_option("--platform", host->platform, "Always carry modules over this platform")
        ->check(CLI::IsMember({"ssh", "local", "ansible", "saltstack", "func"}));
    command->add_option("--jump", host->jump, "Host to go through");
    command->add_option("--become", host->become, "User to become on the host");
    command->add_option("--become-method", host->become_method, "How (default sudo)")
        ->check(CLI::IsMember({"sudo", "su", "doas"}));
    command->add_option("--become-password", host->become_password,
                        "Name of the stored password to become with");
    command->add_option("--host-key-alias", host->host_key_alias,
                        "Name its host key is kept under, where addresses repeat behind jumps");
    command->add_flag("--legacy-algorithms", host->legacy_algorithms,
                      "Allow what only servers as old as OpenSSH 5.3 need (SHA-1, CBC)");
    examples(*command,
             "  omserver host add web1 --address 10.0.0.1 --login deploy --key ops --become root\n"
             "  omserver host add db1 --address db1.example --port 2222 --app Linux.Mysql/orders "
             "--tag blue --tag eu\n");

    auto import = std::make_shared<HostImportCommand>();
    command =
        add(hosts, "import", "Add or update hosts from a table (CSV or tab separated)", import);
    command->add_option("file", import->file, "The table, or - for standard input")->required();
    command->add_flag("--dry-run", import->dry_run, "Only say what would happen");
    examples(*command,
             "  omserver host import hosts.csv --dry-run\n"
             "  printf 'name,address,tags\\nweb1,10.0.0.1,blue;eu\\n' | omserver host import -\n"
             "Columns, in any order: "
             "name,address,port,login,key,category,app,tags,jump,become,\n"
             "become_method,become_password,legacy_algorithms,host_key_alias,platform,os,\n"
             "address_public,encoding,minion_id,note (several tags or apps split on ;)\n");
    auto from_ssh = std::make_shared<HostImportSshCommand>();
    command =
        add(hosts, "import-ssh", "Add or update hosts as your ssh client knows them", from_ssh);
    CLI::Option* names = command->add_option("name", from_ssh->names, "As for ssh, no patterns");
    CLI::Option* all = command->add_flag("--all", from_ssh->all,
                                         "Every name on the Host lines of the config file");
    names->excludes(all);
    command->add_option("--config", from_ssh->config, "Instead of ~/.ssh/config and the system's");
    command->add_flag("--dry-run", from_ssh->dry_run, "Only say what would happen");
    examples(
        *command,
        "  omserver host import-ssh web1 db1 --dry-run\n"
        "  omserver host import-ssh --all --config ~/.ssh/config\n"
        "It asks 'ssh -G NAME' for address, port, user, jump hosts and host key alias, and says\n"
        "which key files there are, to add with 'omserver key add'.\n");
    list_of(hosts, "hosts", "  omserver host list --json\n");
  }

  void add_apps() {
    CLI::App& apps = group("app", "The applications of the inventory");
    auto added = std::make_shared<AppAddCommand>();
    CLI::App* command = add(apps, "add", "Add an application", added);
    command->add_option("name", added->name, "Name")->required();
    command->add_option("--category", added->category, "Category it belongs to")->required();
    examples(*command, "  omserver app add shop --category Linux.Web\n");
    list_of(apps, "apps", "  omserver app list\n");
  }

  void add_keys() {
    CLI::App& keys = group("key", "The keys to log in with");
    auto key = std::make_shared<KeyAddCommand>();
    CLI::App* command = add(keys, "add", "Add a private key; it is stored sealed", key);
    command->add_option("name", key->name, "Name to know it by")->required();
    command->add_option("--file", key->file, "Private key, OpenSSH or PEM")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_flag("--passphrase-stdin", key->passphrase_stdin,
                      "Read the passphrase from standard input");
    command->add_option("--certificate", key->certificate, "Its user certificate (...-cert.pub)")
        ->check(CLI::ExistingFile);
    command->add_flag("--replace", key->replace, "In place of the one of that name");
    examples(*command,
             "  omserver key add ops --file ~/.ssh/id_ed25519\n"
             "  omserver key add ops --file id_rsa --passphrase-stdin < passphrase.txt\n"
             "  omserver key add ops --file id --certificate id-cert.pub --replace\n");
    auto show = std::make_shared<KeyShowCommand>();
    command = add(keys, "show", "Print a key's public half, for authorized_keys", show);
    command->add_option("name", show->name, "Which; not needed when there is only one");
    examples(*command, "  omserver key show ops | ssh root@web1 'cat >> ~/.ssh/authorized_keys'\n");
    list_of(keys, "keys", "  omserver key list\n");
  }

  void add_credentials() {
    CLI::App& credentials = group("credential", "What to log in with: passwords, and keys");
    auto credential = std::make_shared<CredentialAddCommand>();
    CLI::App* command =
        add(credentials, "add", "Add a password, to log in or to become; it is stored sealed",
            credential);
    command->add_option("name", credential->name, "Name to know it by")->required();
    command
        ->add_flag("--password-stdin", credential->password_stdin,
                   "Read the password from standard input")
        ->required();
    command->add_flag("--replace", credential->replace, "In place of the one of that name");
    examples(*command,
             "  omserver credential add switches --password-stdin < password.txt\n"
             "  omserver host add old1 --address 10.0.0.9 --login ops --key switches\n"
             "Keys are added with 'omserver key add'.\n");
    list_of(credentials, "credentials", "  omserver credential list\n");
  }

  void add_host_keys() {
    CLI::App& keys = group("hostkey", "The keys that hosts are known by, and those that wait");
    auto list = std::make_shared<HostKeyListCommand>();
    CLI::App* command = add(keys, "list", "List what known_hosts holds, or what waits", list);
    command->add_flag("--pending", list->pending,
                      "The keys that servers showed and that nobody has judged yet");
    examples(*command,
             "  omserver hostkey list --pending\n"
             "  omserver hostkey list --pending --json | jq '.pending[] | select(.verdict == "
             "\"changed\")'\n");

    auto accept = std::make_shared<HostKeyAcceptCommand>();
    command = add(keys, "accept", "Take waiting keys for the right ones", accept);
    command->add_option("id", accept->ids, "Numbers from 'hostkey list --pending'");
    command->add_flag("--all-new", accept->all_new, "Every key of a host that had none");
    command->require_option(1);
    examples(*command,
             "  omserver hostkey accept 7 8\n"
             "  omserver hostkey accept --all-new\n"
             "A changed key takes the place of the old ones. Compare the fingerprint first, on the "
             "host itself:\n"
             "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n");

    auto reject = std::make_shared<HostKeyRejectCommand>();
    command = add(keys, "reject", "Drop waiting keys; one that was recorded is removed", reject);
    command->add_option("id", reject->ids, "Numbers from 'hostkey list --pending'")->required();
    command->add_flag("--revoke", reject->revoke,
                      "Never take them again: mark them @revoked for their names");
    examples(*command, "  omserver hostkey reject 9\n  omserver hostkey reject 9 --revoke\n");

    auto forget = std::make_shared<HostKeyForgetCommand>();
    command = add(keys, "forget", "Remove every key of a host from known_hosts", forget);
    command->add_option("name", forget->names, "Names as known_hosts has them, or of the inventory")
        ->required();
    examples(*command,
             "  omserver hostkey forget web1\n"
             "  omserver hostkey forget '[10.0.0.1]:2222'\n");

    auto import = std::make_shared<HostKeyImportCommand>();
    command = add(keys, "import", "Add the lines of another known_hosts file", import);
    command->add_option("file", import->file, "The file, or - for standard input")->required();
    examples(*command,
             "  omserver hostkey import ~/.ssh/known_hosts\n"
             "  ssh-keyscan -p 2222 10.0.0.1 | omserver hostkey import -\n");
  }

  void add_lists() {
    CLI::App& modules = group("module", "The modules of the catalogue");
    list_of(modules, "modules", "  omserver module list\n");
  }

  void list_of(CLI::App& parent, const char* what, const char* example) {
    auto list = std::make_shared<ListCommand>();
    list->what = what;
    examples(*add(parent, "list", "List them", list), example);
  }

  void add_access() {
    CLI::App& tokens = group("token", "Bearer tokens for programs");
    auto token = std::make_shared<TokenCreateCommand>();
    CLI::App* command =
        add(tokens, "create", "Create a token and print it, alone on a line", token);
    command->add_option("--user", token->user, "Whose rights it has")->required();
    examples(*command, "  OMSERVER_TOKEN=$(omserver token create --user admin)\n");

    CLI::App& users = group("user", "The people who may sign in");
    auto link = std::make_shared<UserLinkCommand>();
    command = add(users, "link", "Print a one-time sign-in link, valid for ten minutes", link);
    command->add_option("user", link->user, "Whose")->required();
    examples(*command, "  omserver user link admin\n");
  }

  void add_others() {
    auto version = std::make_shared<VersionCommand>();
    CLI::App* command = add(app_, "version", "Print the version", version);
    command->add_flag("--verbose", version->verbose, "Name every library in this binary too");
    examples(*command, "  omserver version --verbose\n");

    auto check = std::make_shared<HealthcheckCommand>();
    command =
        add(app_, "healthcheck", "Exit 0 when a controller answers on its page's address", check);
    command->add_option("--listen", check->address, "Address and port of the page")
        ->envname("OMSERVER_LISTEN")
        ->default_val("127.0.0.1:8080");
    examples(*command, "  omserver healthcheck --listen 127.0.0.1:8080\n");
  }

  CommandLine line_;
  std::string level_;
  std::string platform_ = "ssh";
  std::function<Command()> chosen_;
  CLI::App app_{"OMServer: run operations on many hosts from one page", "omserver"};
};

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code) {
  return Parser().parse(argc, argv, exit_code);
}

}  // namespace om::main
