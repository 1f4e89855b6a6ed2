// TLS for the HTTP server.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "daemon/config/web_config.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace kpiwatch {

// A server with the certificate and key of `config`, TLS 1.2 or newer. The files are read now.
// Errors: kInvalidArgument with the file and what is wrong with it.
absl::StatusOr<std::unique_ptr<httplib::Server>> MakeTlsServer(const TlsConfig& config);

}  // namespace kpiwatch
