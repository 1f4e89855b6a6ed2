// Where messages go: the `route` and `receivers` of the rule files, validated.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kpiwatch {

// A secret's place; read when needed, never kept in text that could be logged.
struct SecretRef {
  std::string file;
  std::string env;
  bool set() const { return !file.empty() || !env.empty(); }
};

struct EmailConfig {
  std::string smarthost;  // host:port
  std::string from;
  std::string to;        // who gets what tells no person by name (data alerts); empty: nobody
  std::string language;  // "zh" or "en", of what goes to `to`; empty: the daemon's
  std::string auth_username;
  SecretRef auth_password;
  bool require_tls = true;
};

struct WebhookConfig {
  std::string url;
  std::string language;  // "zh" or "en"; empty: the daemon's
  SecretRef bearer_token;
  int max_alerts = 1000;  // of one message; more go in further ones
};

struct Receiver {
  std::string name;
  std::vector<EmailConfig> email;
  std::vector<WebhookConfig> webhook;
  bool send_resolved = true;
};

struct Matcher {
  std::string label;
  std::string op;  // = != =~ !~
  std::string value;
};

struct Route {
  std::vector<Matcher> matchers;
  size_t receiver = 0;
  bool continue_matching = false;
  std::vector<Route> routes;
};

}  // namespace kpiwatch
