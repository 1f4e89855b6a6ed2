#include "daemon/config/web_config.h"

#include "daemon/config/config_reader.h"
#include "daemon/rulebook/file_glob.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

void ReadTls(const YamlNode& node, const std::string& base_dir, WebConfig* config,
             Diagnostics* out) {
  MapReader map(node, "'tls_server_config'", out);
  TlsConfig tls;
  tls.cert_file = ResolvePath(base_dir, map.RequireText("cert_file").value_or(""));
  tls.key_file = ResolvePath(base_dir, map.RequireText("key_file").value_or(""));
  tls.client_ca_file = ResolvePath(base_dir, map.Text("client_ca_file").value_or(""));
  const std::vector<std::string_view> policies = {"NoClientCert", "RequireAndVerifyClientCert"};
  const size_t policy = ReadChoice(&map, "client_auth_type", policies).value_or(0);
  if (policy == 1 && tls.client_ca_file.empty()) {
    out->Error(*map.Find("client_auth_type"), "clients are verified by a 'client_ca_file'");
  }
  if (policy == 0 && !tls.client_ca_file.empty()) {
    out->Error(*map.Find("client_ca_file"),
               "'client_ca_file' needs 'client_auth_type: RequireAndVerifyClientCert'");
  }
  tls.require_tls13 = ReadChoice(&map, "min_version", {"TLS12", "TLS13"}) == 1;
  map.NotSupported({"max_version", "cipher_suites", "curve_preferences",
                    "prefer_server_cipher_suites", "client_allowed_sans", "cert", "key",
                    "client_ca"});
  map.Finish();
  config->tls = std::move(tls);
}

bool IsBcrypt(std::string_view hash) {
  constexpr size_t kLength = 60;
  return hash.size() == kLength &&
         (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$"));
}

void ReadDocument(const YamlNode& document, const std::string& base_dir, WebConfig* config,
                  Diagnostics* out) {
  MapReader map(document, "the web configuration", out);
  if (const YamlNode* tls = map.Find("tls_server_config")) {
    ReadTls(*tls, base_dir, config, out);
  }
  ForEachEntry(&map, "basic_auth_users", [&](const YamlNode& key, const YamlNode& value) {
    if (value.is_scalar() && IsBcrypt(value.text)) {
      config->basic_auth_users.emplace(key.text, value.text);
    } else {
      out->Error(
          value,
          fmt::format("user '{}': expected a bcrypt hash, as `htpasswd -nB` prints it", key.text));
    }
  });
  map.NotSupported({"http_server_config", "rate_limit"});
  map.Finish();
}

}  // namespace

WebConfigResult ParseWebConfig(const SourceFile& file) {
  WebConfig config;
  WebConfigResult result;
  result.diagnostics = ReadConfigDocument(file, [&](const YamlNode& document, Diagnostics* out) {
    if (document.kind != YamlNode::Kind::kNull) {  // an empty file guards nothing
      ReadDocument(document, FolderOf(file.path), &config, out);
    }
  });
  if (!HasErrors(result.diagnostics)) {
    result.config = std::move(config);
  }
  return result;
}

WebConfigResult LoadWebConfig(const std::string& path) {
  WebConfigResult result;
  const std::optional<SourceFile> file = ReadConfigFile(path, &result.diagnostics);
  return file.has_value() ? ParseWebConfig(*file) : result;
}

}  // namespace kpiwatch
