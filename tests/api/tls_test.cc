// The server over TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/api/http_server_fixture.h"
#include "tests/api/test_certificate.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsTest : public HttpServerTest {
 protected:
  TlsTest() : cert_(directory_.path() + "/cert.pem"), key_(directory_.path() + "/key.pem") {
    WriteTestCertificate(cert_, key_);
  }
  HttpServerOptions TlsOptions() {
    HttpServerOptions options = Options();
    options.tls = TlsConfig{
        .cert_file = cert_, .key_file = key_, .client_ca_file = "", .require_tls13 = false};
    return options;
  }

  TempDirectory directory_;
  std::string cert_;
  std::string key_;
};

TEST_F(TlsTest, ServesOverTls) {
  Start(TlsOptions());
  EXPECT_THAT(server_->url(), StartsWith("https://127.0.0.1:"));
  httplib::SSLClient client("127.0.0.1", server_->port());
  client.set_ca_cert_path(cert_.c_str());
  const auto reply = client.Get("/x");
  ASSERT_TRUE(reply) << httplib::to_string(reply.error());
  EXPECT_EQ(reply->status, 200);
}

TEST_F(TlsTest, WantsAClientCertificateWhereItIsToldTo) {
  HttpServerOptions options = TlsOptions();
  options.tls->client_ca_file = cert_;
  Start(options);
  httplib::SSLClient stranger("127.0.0.1", server_->port());
  stranger.set_ca_cert_path(cert_.c_str());
  EXPECT_FALSE(stranger.Get("/x"));
  httplib::SSLClient friendly("127.0.0.1", server_->port(), cert_, key_);
  friendly.set_ca_cert_path(cert_.c_str());
  const auto reply = friendly.Get("/x");
  ASSERT_TRUE(reply) << httplib::to_string(reply.error());
  EXPECT_EQ(reply->status, 200);
}

TEST_F(TlsTest, SaysWhichFileIsWrong) {
  HttpServerOptions options = TlsOptions();
  options.tls->key_file = directory_.path() + "/none.pem";
  const auto server = HttpServer::Start(options, &handler_);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("none.pem"));

  std::ofstream(cert_) << "no certificate";
  EXPECT_THAT(std::string(HttpServer::Start(TlsOptions(), &handler_).status().message()),
              HasSubstr("cert.pem"));
}

}  // namespace
}  // namespace kpiwatch
