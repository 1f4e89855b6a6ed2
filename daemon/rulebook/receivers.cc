// Section `receivers`: where messages go. Secrets are named by file or environment variable and
// never stand in a rule file, so no message here repeats what was written in their place.
#include <charconv>

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kDataSteward = "data_steward";

SecretRef ReadSecret(MapReader* map, const std::string& key) {
  SecretRef secret;
  secret.file = map->Text(key + "_file").value_or("");
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return secret;
  }
  if (!node->is_map()) {
    map->out()->Error(*node, fmt::format("'{0}': a secret does not stand in a rule file; write "
                                         "{0}: {{file: PATH}} or {0}: {{env: NAME}}",
                                         key));
    return secret;
  }
  MapReader place(*node, fmt::format("'{}'", key), map->out());
  const std::optional<std::string> file = place.Text("file");
  const std::optional<std::string> env = place.Text("env");
  place.Finish();
  const int given = (secret.set() ? 1 : 0) + (file ? 1 : 0) + (env ? 1 : 0);
  if (given != 1) {
    map->out()->Error(*node,
                      fmt::format("'{}': give one of a file and an environment variable", key));
  }
  return given == 1 && !secret.set() ? SecretRef{.file = file.value_or(""), .env = env.value_or("")}
                                     : secret;
}

bool IsHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return false;
  }
  int port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc() && stop == end && port > 0 && port < 65536;
}

bool IsOneAddress(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" ,;<>", 0) == std::string_view::npos;
}

// "zh" or "en"; empty: not said, or reported.
std::string ReadLanguage(MapReader* map) {
  const YamlNode* node = map->Find("language");
  if (node == nullptr) {
    return "";
  }
  const std::string_view written = node->is_scalar() ? node->text : std::string_view();
  if (written == "zh-CN" || written == "zh") {
    return "zh";
  }
  if (written != "en") {
    map->out()->Error(*node,
                      fmt::format("expected the language zh-CN or en, found {}", node->Describe()));
    return "";
  }
  return "en";
}

void ReadEmail(const YamlNode& node, LoadState* state, Receiver* receiver) {
  MapReader map(node, "'email'", &state->out);
  EmailConfig email;
  email.smarthost = map.RequireText("smarthost").value_or("");
  if (!email.smarthost.empty() && !IsHostPort(email.smarthost)) {
    state->out.Error(*map.Find("smarthost"),
                     fmt::format("expected a server such as \"smtp.example.com:587\", found '{}'",
                                 email.smarthost));
  }
  email.from = map.RequireText("from").value_or("");
  if (const YamlNode* from = map.Find("from");
      from != nullptr && from->is_scalar() && email.from.find('@') == std::string::npos) {
    state->out.Error(*from, fmt::format("'email': expected an address such as "
                                        "kpiwatch@example.com, found '{}'",
                                        email.from));
  }
  email.to = map.Text("to").value_or("");
  if (!email.to.empty() && !IsOneAddress(email.to)) {
    state->out.Error(*map.Find("to"),
                     fmt::format("'email': expected one address such as data@example.com, found "
                                 "'{}'",
                                 email.to));
  }
  email.language = ReadLanguage(&map);
  email.auth_username = map.Text("auth_username").value_or("");
  email.auth_password = ReadSecret(&map, "auth_password");
  if (!email.auth_username.empty() && map.is_map() && !email.auth_password.set() &&
      map.Find("auth_password") == nullptr) {
    state->out.Error(*map.Find("auth_username"),
                     "'email': 'auth_username' needs 'auth_password_file' or 'auth_password'");
  }
  email.require_tls = map.Bool("require_tls").value_or(true);
  map.NotSupported(
      {"hello", "auth_identity", "auth_secret", "headers", "html", "text", "tls_config"});
  map.Finish();
  receiver->email.push_back(std::move(email));
}

// "http://host…" or "https://host…", with a port where there is a colon.
bool IsHttpUrl(std::string_view url) {
  const size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.find_first_of(" \t\r\n") != std::string_view::npos) {
    return false;
  }
  std::string_view host = url.substr(scheme, url.find_first_of("/?#", scheme) - scheme);
  const size_t user = host.rfind('@');
  host.remove_prefix(user == std::string_view::npos ? 0 : user + 1);
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  return !host.empty() && (!has_port || IsHostPort(host));
}

void ReadWebhook(const YamlNode& node, LoadState* state, Receiver* receiver) {
  MapReader map(node, "'webhook'", &state->out);
  WebhookConfig webhook;
  webhook.url = map.RequireText("url").value_or("");
  if (const YamlNode* url = map.Find("url");
      url != nullptr && url->is_scalar() && !IsHttpUrl(url->text)) {
    state->out.Error(*url,
                     "'webhook': expected a URL such as https://example.com/hook, that begins with "
                     "http:// or https:// and names a host");
  }
  webhook.language = ReadLanguage(&map);
  webhook.bearer_token = ReadSecret(&map, "bearer_token");
  constexpr int kMostAlerts = 100'000;
  webhook.max_alerts = map.Int("max_alerts", 1, kMostAlerts).value_or(webhook.max_alerts);
  map.NotSupported({"url_file", "http_config", "timeout", "headers"});
  map.Finish();
  receiver->webhook.push_back(std::move(webhook));
}

// One configuration or a list of them.
template <typename Read>
void ForEachConfig(MapReader* map, std::string_view key, Read read) {
  const YamlNode* node = map->Find(key);
  if (node == nullptr) {
    return;
  }
  if (!node->is_list()) {
    read(*node);
    return;
  }
  for (const YamlNode* item : node->children) {
    read(*item);
  }
}

}  // namespace

void LoadReceivers(LoadState* state) {
  for (const YamlNode* node : state->sections.receivers) {
    MapReader map(*node, "a receiver", &state->out);
    Receiver receiver;
    receiver.name = map.RequireName("name").value_or("");
    ForEachConfig(&map, "email", [&](const YamlNode& n) { ReadEmail(n, state, &receiver); });
    ForEachConfig(&map, "webhook", [&](const YamlNode& n) { ReadWebhook(n, state, &receiver); });
    receiver.send_resolved = map.Bool("send_resolved").value_or(true);
    map.NotSupported({"wecom", "wecom_robot", "dingtalk", "dingtalk_robot", "feishu",
                      "feishu_robot", "slack", "sms", "kafka", "alertmanager"});
    map.Finish();
    const size_t index = state->book.receivers.size();
    if (!receiver.name.empty()) {
      state->receivers.Declare(receiver.name, index, node->place, &state->out);
    }
    state->receiver_nodes.push_back(node);
    state->book.receivers.push_back(std::move(receiver));
  }
  if (!state->book.receivers.empty()) {
    state->book.data_steward = state->receivers.Find(kDataSteward).value_or(0);
  }
}

}  // namespace kpiwatch
