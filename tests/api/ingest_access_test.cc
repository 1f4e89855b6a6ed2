// Who may send events, and who may ask at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "daemon/api/api.h"
#include "tests/testing/fake_read_view.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// bcrypt of "secret", cost 4, in PHP's and Apache's spelling.
constexpr const char* kSecretHash = "$2y$04$N9qo8uLOickgx2ZMRZoMye3eddwbvBZq9Vw2uHywyANtuDH4xsNoe";

class IngestAccessTest : public testing::Test {
 protected:
  IngestAccessTest() : token_file_(directory_.path() + "/token") {
    hooks_.metrics = [] { return std::string(); };
    hooks_.ingest = [](const HttpRequest&) {
      return HttpReply{.status = 202, .content_type = "", .body = "", .headers = {}};
    };
  }

  void WriteToken(const std::string& text) { std::ofstream(token_file_) << text; }

  HttpReply Send(Api* api, const std::string& remote, const std::string& authorization,
                 const std::string& path = "/api/v1/events") {
    HttpRequest request{.method = path == "/metrics" ? "GET" : "POST",
                        .path = path,
                        .query = {},
                        .headers = {{"Content-Length", "2"}},
                        .remote_addr = remote,
                        .body = "[]"};
    if (!authorization.empty()) {
      request.headers.emplace_back("authorization", authorization);
    }
    std::optional<HttpReply> reply = api->OnHead(request);
    return reply.has_value() ? *std::move(reply) : api->OnBody(request);
  }

  TempDirectory directory_;
  std::string token_file_;
  FakeReadView view_;
  ApiOptions options_;
  ApiHooks hooks_;
};

TEST_F(IngestAccessTest, WithoutATokenOnlyThisMachineMaySend) {
  Api api(&view_, options_, hooks_);
  for (const char* address : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(Send(&api, address, "").status, 202) << address;
  }
  for (const char* address :
       {"10.0.0.7", "::ffff:10.0.0.7", "fe80::1", "", "127.evil", "1270.0.0.1"}) {
    EXPECT_EQ(Send(&api, address, "").status, 403) << address;
  }
}

TEST_F(IngestAccessTest, WithATokenEverybodyNeedsIt) {
  WriteToken("  s3cret-token\n");
  options_.ingest_token_file = token_file_;
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer s3cret-token").status, 202);
  EXPECT_EQ(Send(&api, "10.0.0.7", "bearer s3cret-token").status, 202);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cret-toke", "Bearer s3cret-token2",
                            "Basic s3cret-token", "s3cret-token"}) {
    const HttpReply reply = Send(&api, "127.0.0.1", wrong);
    EXPECT_EQ(reply.status, 401) << wrong;
    EXPECT_EQ(reply.headers[0].first, "WWW-Authenticate");
    EXPECT_THAT(reply.body, Not(HasSubstr("s3cret")));
  }
}

TEST_F(IngestAccessTest, ReadsAChangedTokenAnew) {
  WriteToken("first");
  options_.ingest_token_file = token_file_;
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer first").status, 202);
  WriteToken("the-second");
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer first").status, 401);
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer the-second").status, 202);
}

TEST_F(IngestAccessTest, LetsNobodyInWithoutAReadableToken) {
  options_.ingest_token_file = token_file_;
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "127.0.0.1", "Bearer x").status, 503);
  WriteToken("");
  EXPECT_EQ(Send(&api, "127.0.0.1", "Bearer ").status, 503);
  WriteToken(std::string(5000, 'x'));
  EXPECT_EQ(Send(&api, "127.0.0.1", "Bearer x").status, 503);
  WriteToken("x");
  EXPECT_EQ(Send(&api, "127.0.0.1", "Bearer x").status, 202);
}

TEST_F(IngestAccessTest, WantsToKnowHowLongTheEventsAre) {
  Api api(&view_, options_, hooks_);
  const HttpRequest request{.method = "POST",
                            .path = "/api/v1/events",
                            .query = {},
                            .headers = {},
                            .remote_addr = "127.0.0.1",
                            .body = ""};
  EXPECT_EQ(api.OnHead(request)->status, 411);
}

TEST_F(IngestAccessTest, NamesTheEncodingsItReads) {
  Api api(&view_, options_, hooks_);
  HttpRequest request{.method = "POST",
                      .path = "/api/v1/events",
                      .query = {},
                      .headers = {{"Content-Length", "2"}, {"Content-Encoding", "br"}},
                      .remote_addr = "127.0.0.1",
                      .body = ""};
  const auto refused = api.OnHead(request);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 415);
  EXPECT_NE(refused->body.find("gzip or deflate"), std::string::npos) << refused->body;
  for (const char* read : {"gzip", "deflate", "identity"}) {
    request.headers[1].second = read;
    EXPECT_FALSE(api.OnHead(request).has_value()) << read;
  }
}

TEST_F(IngestAccessTest, SaysSoWhenNoSourceTakesEvents) {
  hooks_.ingest = nullptr;
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "127.0.0.1", "").status, 404);
}

std::string Basic(const std::string& user_and_password) {
  return "Basic " + absl::Base64Escape(user_and_password);
}

TEST_F(IngestAccessTest, AsksForAPasswordEverywhereWhenThereAreUsers) {
  options_.basic_auth_users = {{"ann", kSecretHash}};
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "127.0.0.1", Basic("ann:secret"), "/metrics").status, 200);
  EXPECT_EQ(Send(&api, "127.0.0.1", Basic("ann:secret"), "/metrics").status, 200);  // remembered
  for (const std::string& wrong :
       {std::string(), Basic("ann:Secret"), Basic("ann:"), Basic("bob:secret"), Basic("ann"),
        Basic(std::string("ann:secret\0", 11)), std::string("Basic !!"),
        std::string("Bearer secret"), Basic(std::string("ann:") + kSecretHash)}) {
    const HttpReply reply = Send(&api, "127.0.0.1", wrong, "/metrics");
    EXPECT_EQ(reply.status, 401) << wrong;
    EXPECT_EQ(reply.headers[0].second, "Basic realm=\"kpiwatch\"");
  }
  EXPECT_EQ(Send(&api, "127.0.0.1", "").status, 401);
  EXPECT_EQ(Send(&api, "127.0.0.1", Basic("ann:secret")).status, 202);
}

TEST_F(IngestAccessTest, TakesEventsByTheirTokenWhereThereAreUsersToo) {
  WriteToken("tok");
  options_.ingest_token_file = token_file_;
  options_.basic_auth_users = {{"ann", kSecretHash}};
  Api api(&view_, options_, hooks_);
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer tok").status, 202);
  EXPECT_EQ(Send(&api, "10.0.0.7", Basic("ann:secret")).status, 401);
  EXPECT_EQ(Send(&api, "10.0.0.7", "Bearer tok", "/metrics").status, 401);
}

TEST_F(IngestAccessTest, AHashThatIsNoneLetsNobodyIn) {
  options_.basic_auth_users = {{"ann", "secret"}, {"bob", ""}, {"eve", "*0"}};
  Api api(&view_, options_, hooks_);
  for (const char* user : {"ann:secret", "bob:", "eve:*0"}) {
    EXPECT_EQ(Send(&api, "127.0.0.1", Basic(user), "/metrics").status, 401) << user;
  }
}

}  // namespace
}  // namespace kpiwatch
