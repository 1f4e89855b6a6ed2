// The mail server of smtp_server.py as a child process.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "daemon/base/check.h"
#include "nlohmann/json.hpp"

namespace kpiwatch {

class SmtpServer {
 public:
  struct Letter {
    std::string from;
    std::vector<std::string> to;
    bool tls = false;
    bool login = false;
    std::string data;
  };

  // The Python that has aiosmtpd; nullopt: there is none.
  static std::optional<std::string> Python() {
    for (const char* python : {"/usr/bin/python3", "python3"}) {
      const std::string command = std::string(python) + " -c 'import aiosmtpd.smtp' 2>/dev/null";
      if (std::system(command.c_str()) == 0) {  // NOLINT(concurrency-mt-unsafe)
        return python;
      }
    }
    return std::nullopt;
  }

  SmtpServer(const std::string& python, const std::vector<std::string>& options) {
    int to_child[2];
    int from_child[2];
    KPIWATCH_CHECK(pipe(to_child) == 0 && pipe(from_child) == 0, "pipe");
    child_ = fork();
    KPIWATCH_CHECK(child_ >= 0, "fork");
    if (child_ == 0) {
      dup2(to_child[0], STDIN_FILENO);
      dup2(from_child[1], STDOUT_FILENO);
      for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) {
        close(fd);
      }
      std::vector<std::string> words = {python, "tests/adapters/smtp_server.py"};
      words.insert(words.end(), options.begin(), options.end());
      std::vector<char*> argv;
      argv.reserve(words.size() + 1);
      for (std::string& word : words) {
        argv.push_back(word.data());
      }
      argv.push_back(nullptr);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(to_child[0]);
    close(from_child[1]);
    input_ = to_child[1];
    output_ = fdopen(from_child[0], "r");
    port_ = ReadLine().at("port").get<int>();
  }
  ~SmtpServer() {
    close(input_);
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
    std::fclose(output_);
  }
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  std::string smarthost() const { return "127.0.0.1:" + std::to_string(port_); }

  // Waits for the next letter.
  Letter Next() {
    const nlohmann::json line = ReadLine();
    Letter letter{.from = line.at("from"),
                  .to = line.at("to"),
                  .tls = line.at("tls"),
                  .login = line.at("login"),
                  .data = {}};
    EXPECT_TRUE(absl::Base64Unescape(line.at("data").get<std::string>(), &letter.data));
    return letter;
  }

 private:
  nlohmann::json ReadLine() {
    char* line = nullptr;
    size_t size = 0;
    const ssize_t length = getline(&line, &size, output_);
    KPIWATCH_CHECK(length > 0, "the mail server has ended");
    nlohmann::json json = nlohmann::json::parse(line, line + length);
    std::free(line);  // NOLINT(cppcoreguidelines-no-malloc): getline's
    return json;
  }

  pid_t child_ = -1;
  int input_ = -1;
  FILE* output_ = nullptr;
  int port_ = 0;
};

}  // namespace kpiwatch
