// How the HTTP server is guarded, in the shape of Prometheus's exporter-toolkit.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace kpiwatch {

struct TlsConfig {
  std::string cert_file;       // PEM, the chain
  std::string key_file;        // PEM
  std::string client_ca_file;  // PEM; set: clients need a certificate that it signed
  bool require_tls13 = false;  // else 1.2 is the least
};

struct WebConfig {
  std::optional<TlsConfig> tls;
  std::map<std::string, std::string> basic_auth_users;  // name → bcrypt hash; empty: no passwords
};

}  // namespace kpiwatch
