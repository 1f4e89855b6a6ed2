// The server on real loopback sockets.
#include "daemon/api/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/api/http_server_fixture.h"

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(HttpServerTest, TakesAnyFreePortAndTellsWhich) {
  Start();
  EXPECT_GT(server_->port(), 0);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
  auto client = Client();
  const auto reply = client.Get("/x?a=1%202&b=");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "GET /x a=1 2 b= 127.0.0.1");
  EXPECT_EQ(reply->get_header_value("X-Ours"), "yes");
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  Start();
  auto client = Client();
  const auto reply = client.Head("/x");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "");
  EXPECT_NE(reply->get_header_value("Content-Length"), "0");
}

TEST_F(HttpServerTest, PassesEveryMethodOn) {
  Start();
  auto client = Client();
  EXPECT_THAT(client.Put("/x", "b", "text/plain")->body, StartsWith("PUT /x"));
  EXPECT_THAT(client.Delete("/x")->body, StartsWith("DELETE /x"));
  EXPECT_THAT(client.Patch("/x", "b", "text/plain")->body, StartsWith("PATCH /x"));
  EXPECT_THAT(client.Options("/x")->body, StartsWith("OPTIONS /x"));
  EXPECT_EQ(client.Get("/missing")->status, 404);
  EXPECT_THAT(client.Get("/missing")->body, StartsWith("GET /missing"));
}

TEST_F(HttpServerTest, AnswersAPostWithoutBodyOrLengthAtOnce) {
  Start();  // as `curl -X POST` sends it
  EXPECT_THAT(Raw("POST /x HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("POST /x"));
}

TEST_F(HttpServerTest, ReadsBodiesOfThePathsItWasTold) {
  Start();
  auto client = Client();
  const auto reply = client.Post("/body", "hello", "text/plain");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 202);
  EXPECT_EQ(reply->body, "5:hello");
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start();
  EXPECT_THAT(Raw("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
              HasSubstr("5:abcde"));
}

TEST_F(HttpServerTest, RefusesBodiesThatAreTooLargeAsSentOrOnceInflated) {
  Start();
  auto client = Client();
  EXPECT_EQ(client.Post("/body", std::string(1000, 'x'), "text/plain")->status, 202);
  const auto large = client.Post("/body", std::string(1001, 'x'), "text/plain");
  ASSERT_TRUE(large);
  EXPECT_EQ(large->status, 413);
  EXPECT_EQ(large->body, "refused 413");

  auto gzip = Client();
  gzip.set_compress(true);
  EXPECT_EQ(gzip.Post("/body", std::string(900, 'x'), "text/plain")->body.substr(0, 4), "900:");
  const auto bomb = gzip.Post("/body", std::string(100'000, 'x'), "text/plain");
  ASSERT_TRUE(bomb);
  EXPECT_EQ(bomb->status, 413);
  EXPECT_EQ(bomb->get_header_value("Connection"), "close");
  EXPECT_EQ(handler_.bodies, 2);
}

TEST_F(HttpServerTest, RefusesABodyThatStopsShort) {
  HttpServerOptions options = Options();
  options.io_timeout = absl::Milliseconds(50);
  Start(options);
  EXPECT_THAT(Raw("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"),
              HasSubstr("refused 400"));
  EXPECT_EQ(handler_.bodies, 0);
}

TEST_F(HttpServerTest, RefusesABodyThatTakesTooLong) {
  HttpServerOptions options = Options();
  options.body_timeout = absl::ZeroDuration();
  Start(options);
  const std::string answer = Raw("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(answer, HasSubstr("refused 408"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(handler_.bodies, 0);
}

TEST_F(HttpServerTest, BodiesThatTrickleLeaveThreadsToTheOtherPaths) {
  HttpServerOptions options = Options();
  options.threads = 4;
  options.max_bodies = 2;
  Start(options);
  std::vector<pollfd> sockets;
  for (int i = 0; i < 9; ++i) {
    sockets.push_back({.fd = Connect(), .events = POLLIN, .revents = 0});
    SendAll(sockets.back().fd, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  }
  // Two are being read; all others are refused at once and told to come again.
  while (sockets.size() > 2) {
    ASSERT_GT(poll(sockets.data(), sockets.size(), -1), 0);
    std::erase_if(sockets, [&](const pollfd& socket) {
      if (socket.revents != 0) {
        const std::string answer = Answer(socket.fd);
        EXPECT_THAT(answer, HasSubstr("refused 503"));
        EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
      }
      return socket.revents != 0;
    });
  }
  EXPECT_EQ(Client().Get("/x")->status, 200);
  for (const pollfd& socket : sockets) {
    SendAll(socket.fd, "cd");
    EXPECT_THAT(Answer(socket.fd), HasSubstr("4:abcd"));
  }
  EXPECT_EQ(Client().Post("/body", "hello", "text/plain")->status, 202);
}

TEST_F(HttpServerTest, AsksToCloseWhereABodyStaysUnread) {
  Start();
  EXPECT_THAT(Raw("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
              HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(Raw("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
              testing::Not(HasSubstr("Connection: close")));
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Start();
  EXPECT_THAT(Raw("nonsense\r\n\r\n"), HasSubstr("refused 400"));
  EXPECT_THAT(Raw("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n\r\n"),
              HasSubstr("refused 414"));
  EXPECT_THAT(Raw("GET / HTTP/1.1\r\nA: " + std::string(9000, 'x') + "\r\n\r\n"),
              HasSubstr("refused 400"));
  auto client = Client();
  EXPECT_EQ(client.Get("/x")->status, 200);  // and goes on
}

TEST_F(HttpServerTest, ServesWholeRepliesToRequestsForRanges) {
  Start();
  auto client = Client();
  const auto reply = client.Get("/x", {{"Range", "bytes=0-1,0-1,0-1"}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->body, StartsWith("GET /x"));
}

TEST_F(HttpServerTest, SurvivesAHandlerThatThrows) {
  Start();
  testing::internal::CaptureStderr();
  auto client = Client();
  const auto reply = client.Get("/throw");
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->body, "refused 500");
  EXPECT_THAT(log, HasSubstr("a bug"));
}

TEST_F(HttpServerTest, ServesMoreConnectionsThanItHasThreads) {
  HttpServerOptions options = Options();
  options.threads = 2;
  options.max_waiting_connections = 1;
  Start(options);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      auto client = Client();
      client.set_keep_alive(false);
      const auto reply = client.Get("/x");
      good += reply && reply->status == 200 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(good, 12);
}

TEST_F(HttpServerTest, DoesNotShareItsPort) {
  Start();
  HttpServerOptions second = Options();
  second.address = "127.0.0.1:" + std::to_string(server_->port());
  const auto other = HttpServer::Start(second, &handler_);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr(second.address));
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("in use"));
}

TEST_F(HttpServerTest, GivesItsPortBack) {
  Start();
  HttpServerOptions again = Options();
  again.address = "127.0.0.1:" + std::to_string(server_->port());
  {
    auto client = Client();
    client.Get("/x");
  }
  server_.reset();
  Start(again);
  EXPECT_EQ(Client().Get("/x")->status, 200);
}

TEST_F(HttpServerTest, ListensOnEveryInterfaceWithoutAHost) {
  HttpServerOptions options = Options();
  options.address = ":0";
  Start(options);
  EXPECT_THAT(server_->url(), StartsWith("http://localhost:"));
  EXPECT_EQ(Client().Get("/x")->status, 200);
}

TEST(ListenAddressTest, ReadsHostsAndPorts) {
  const auto pair = [](const char* host, int port) { return std::pair(std::string(host), port); };
  EXPECT_EQ(*ParseListenAddress("127.0.0.1:9464"), pair("127.0.0.1", 9464));
  EXPECT_EQ(*ParseListenAddress(":9464"), pair("", 9464));
  EXPECT_EQ(*ParseListenAddress("[::1]:0"), pair("::1", 0));
  EXPECT_EQ(*ParseListenAddress("kpi.local:65535"), pair("kpi.local", 65535));
  for (const char* wrong : {"", "9464", "localhost", "localhost:", "localhost:x", "localhost:65536",
                            "localhost:-1", "::1:80"}) {
    EXPECT_EQ(ParseListenAddress(wrong).status().code(), absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

}  // namespace
}  // namespace kpiwatch
