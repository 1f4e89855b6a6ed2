#include "daemon/config/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* kHash = "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

std::vector<std::string> Mistakes(const std::string& text) {
  const WebConfigResult result = ParseWebConfig({"web.yaml", text});
  EXPECT_FALSE(result.config.has_value());
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    found.push_back(diagnostic.ToString());
  }
  return found;
}

TEST(WebConfigTest, ReadsTheShapeOfTheExporterToolkit) {
  const WebConfigResult result = ParseWebConfig({"/etc/web.yaml", std::string(R"(
tls_server_config:
  cert_file: server.crt
  key_file: /etc/ssl/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  min_version: TLS13
basic_auth_users:
  alice: )") + kHash + "\n"});
  ASSERT_TRUE(result.config.has_value()) << result.diagnostics[0].ToString();
  ASSERT_TRUE(result.config->tls.has_value());
  EXPECT_EQ(result.config->tls->cert_file, "/etc/server.crt");
  EXPECT_EQ(result.config->tls->key_file, "/etc/ssl/server.key");
  EXPECT_EQ(result.config->tls->client_ca_file, "/etc/ca.crt");
  EXPECT_TRUE(result.config->tls->require_tls13);
  EXPECT_THAT(result.config->basic_auth_users, ElementsAre(Pair("alice", kHash)));
}

TEST(WebConfigTest, GuardsNothingWithoutBeingTold) {
  const WebConfigResult result = ParseWebConfig({"web.yaml", "{}\n"});
  ASSERT_TRUE(result.config.has_value());
  EXPECT_FALSE(result.config->tls.has_value());
  EXPECT_TRUE(result.config->basic_auth_users.empty());
}

TEST(WebConfigTest, ReportsEveryMistake) {
  EXPECT_THAT(Mistakes("tls_server_config: {cert_fle: x, key_file: k, min_version: TLS10, "
                       "cipher_suites: [a]}\nhttp_server_config: {http2: false}\n"),
              ElementsAre(HasSubstr("web.yaml:1:20: 'tls_server_config': 'cert_file' is missing"),
                          HasSubstr("unknown key 'cert_fle'; did you mean 'cert_file'?"),
                          HasSubstr("'min_version' is one of TLS12, TLS13"),
                          HasSubstr("'cipher_suites' is not supported by this version"),
                          HasSubstr("'http_server_config' is not supported by this version")));
  EXPECT_THAT(Mistakes("tls_server_config: {cert_file: c, key_file: k, client_ca_file: a}\n"),
              ElementsAre(HasSubstr("needs 'client_auth_type: RequireAndVerifyClientCert'")));
  EXPECT_THAT(Mistakes("tls_server_config: {cert_file: c, key_file: k, client_auth_type: "
                       "RequireAndVerifyClientCert}\n"),
              ElementsAre(HasSubstr("verified by a 'client_ca_file'")));
}

TEST(WebConfigTest, WantsHashesAndDoesNotRepeatWhatStandsInTheirPlace) {
  const std::vector<std::string> mistakes =
      Mistakes("basic_auth_users: {alice: hunter2, bob: {a: hunter2}}\n");
  EXPECT_THAT(mistakes, ElementsAre(HasSubstr("user 'alice': expected a bcrypt hash"),
                                    HasSubstr("user 'bob': expected a bcrypt hash")));
  for (const std::string& mistake : mistakes) {
    EXPECT_THAT(mistake, Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace kpiwatch
