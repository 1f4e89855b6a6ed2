#include "daemon/api/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <utility>

#include "fmt/format.h"
#include "httplib.h"

namespace kpiwatch {
namespace {

absl::Status FileError(const std::string& what, const std::string& file) {
  char reason[256] = "unknown";
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    ERR_error_string_n(code, reason, sizeof(reason));
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(fmt::format("{} {}: {}", what, file, reason));
}

absl::Status Configure(const TlsConfig& config, SSL_CTX* context) {
  ERR_clear_error();
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A key with a passphrase is refused: by default the library would ask at the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  SSL_CTX_set_min_proto_version(context, config.require_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context, config.cert_file.c_str()) != 1) {
    return FileError("cert_file", config.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return FileError("key_file", config.key_file);
  }
  if (!config.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context, config.client_ca_file.c_str(), nullptr) != 1) {
      return FileError("client_ca_file", config.client_ca_file);
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(config.client_ca_file.c_str()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<httplib::Server>> MakeTlsServer(const TlsConfig& config) {
  absl::Status configured = absl::InternalError("no TLS context");
  auto server = std::make_unique<httplib::SSLServer>([&](SSL_CTX& context) {
    configured = Configure(config, &context);
    return configured.ok();
  });
  if (!configured.ok()) {
    return configured;
  }
  return std::unique_ptr<httplib::Server>(std::move(server));
}

}  // namespace kpiwatch
