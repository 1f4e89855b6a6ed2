// How the HTTP server is guarded, in the shape of Prometheus's exporter-toolkit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/rulebook/loader.h"

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

struct WebConfigResult {
  std::optional<WebConfig> config;      // nullopt when a Diagnostic is an error
  std::vector<Diagnostic> diagnostics;  // by line and column
};

// Relative paths inside are below the folder of the file. Never throws. All mistakes in one pass; a
// password hash is never part of a message.
WebConfigResult ParseWebConfig(const SourceFile& file);
// The same for a file of the disk; one that cannot be read is a diagnostic.
WebConfigResult LoadWebConfig(const std::string& path);

}  // namespace kpiwatch
