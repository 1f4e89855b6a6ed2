#include "daemon/notify/dead_letter_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace kpiwatch {
namespace {

using Json = nlohmann::ordered_json;

absl::Status FileError(std::string_view doing, const std::string& path, int error) {
  const std::string text = fmt::format("{} {}: {}", doing, path,
                                       std::error_code(error, std::generic_category()).message());
  return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(text)
                                            : absl::UnavailableError(text);
}

// The number comes first, so that a reader can skip a line without parsing it.
std::string LineOf(const StoredDeadLetter& stored, const std::string& store_uuid) {
  const v1::DeadLetter& letter = stored.letter;
  const bool cut = letter.value().size() > DeadLetterFile::kMaxValueBytes;
  const std::string_view value =
      std::string_view(letter.value()).substr(0, DeadLetterFile::kMaxValueBytes);
  Json json = {{"number", stored.number},
               {"store", store_uuid},
               {"source", letter.source()},
               {"topic", letter.topic()},
               {"partition", letter.partition()},
               {"offset", letter.offset()},
               {"reason", letter.reason()},
               {"message", letter.message()},
               {"timestamp_unix_ms", letter.timestamp_unix_ms()},
               {"key_base64", absl::Base64Escape(letter.key())},
               {"value_base64", absl::Base64Escape(absl::string_view(value.data(), value.size()))}};
  if (cut) {
    json["value_bytes"] = letter.value().size();
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The number at the begin of a line; nullopt: not one of ours.
std::optional<uint64_t> NumberOf(std::string_view line) {
  constexpr std::string_view kBegin = R"({"number":)";
  if (!line.starts_with(kBegin)) {
    return std::nullopt;
  }
  line.remove_prefix(kBegin.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<StoredDeadLetter> ParseLine(std::string_view line, const std::string& store_uuid) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  try {
    if (json.at("store").get<std::string>() != store_uuid) {
      return std::nullopt;
    }
    StoredDeadLetter stored;
    stored.number = json.at("number").get<uint64_t>();
    v1::DeadLetter& letter = stored.letter;
    letter.set_source(json.at("source").get<std::string>());
    letter.set_topic(json.at("topic").get<std::string>());
    letter.set_partition(json.at("partition").get<int32_t>());
    letter.set_offset(json.at("offset").get<int64_t>());
    letter.set_reason(json.at("reason").get<std::string>());
    letter.set_message(json.at("message").get<std::string>());
    letter.set_timestamp_unix_ms(json.at("timestamp_unix_ms").get<int64_t>());
    if (!absl::Base64Unescape(json.at("key_base64").get<std::string>(), letter.mutable_key()) ||
        !absl::Base64Unescape(json.at("value_base64").get<std::string>(), letter.mutable_value())) {
      return std::nullopt;
    }
    return stored;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// Calls `visit` with each whole line of the file and its length with the line end, until it returns
// false. A file that does not exist has no lines.
absl::Status ForEachLine(const std::string& path,
                         const std::function<bool(std::string_view, size_t)>& visit) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::OkStatus();
  }
  std::ifstream file(path, std::ios::binary);
  std::string line;
  while (std::getline(file, line) && !file.eof()) {  // eof: no line end behind it
    if (!visit(line, line.size() + 1)) {
      return absl::OkStatus();
    }
  }
  return file.bad() || !file.is_open() ? FileError("reading", path, EIO) : absl::OkStatus();
}

}  // namespace

DeadLetterFile::DeadLetterFile(const std::string& directory, std::string store_uuid,
                               int64_t max_bytes)
    : path_(directory + "/dead_letters.ndjson"),
      old_path_(directory + "/dead_letters.1.ndjson"),
      store_uuid_(std::move(store_uuid)),
      max_bytes_(max_bytes) {}

DeadLetterFile::~DeadLetterFile() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

absl::StatusOr<std::unique_ptr<DeadLetterFile>> DeadLetterFile::Open(const std::string& directory,
                                                                     std::string store_uuid,
                                                                     int64_t max_bytes) {
  std::unique_ptr<DeadLetterFile> file(
      new DeadLetterFile(directory, std::move(store_uuid), max_bytes));
  MutexLock lock(&file->mu_);
  KPIWATCH_RETURN_IF_ERROR(file->Restore());
  KPIWATCH_RETURN_IF_ERROR(file->OpenForAppend());
  return file;
}

// Finds out what is in the files.
absl::Status DeadLetterFile::Restore() {
  const std::string mark = Json(store_uuid_).dump();
  uint64_t last_number = 0;
  int64_t size = 0;
  const auto take = [&](std::string_view line, size_t bytes) {
    size += static_cast<int64_t>(bytes);
    const auto number = NumberOf(line);
    if (number.has_value() && line.substr(0, 128).find(mark) != std::string_view::npos) {
      last_number = std::max(last_number, *number);
    }
    return true;
  };
  KPIWATCH_RETURN_IF_ERROR(ForEachLine(old_path_, take));
  size = 0;
  KPIWATCH_RETURN_IF_ERROR(ForEachLine(path_, take));
  last_number_ = last_number;
  size_ = size;
  return absl::OkStatus();
}

absl::Status DeadLetterFile::OpenForAppend() {
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd_ < 0) {
    return FileError("opening", path_, errno);
  }
  const off_t end = lseek(fd_, 0, SEEK_END);
  if (end > size_) {
    Log(LogLevel::kWarn, "removed a line that was cut short", {{"file", path_}});
    if (ftruncate(fd_, size_) != 0) {
      return FileError("truncating", path_, errno);
    }
  }
  return absl::OkStatus();
}

absl::Status DeadLetterFile::Rotate() {
  if (std::rename(path_.c_str(), old_path_.c_str()) != 0) {
    return FileError("renaming", path_, errno);
  }
  close(fd_);
  size_ = 0;
  return OpenForAppend();
}

absl::Status DeadLetterFile::WriteLines(std::string_view lines) {
  const int64_t size_before = size_;
  while (!lines.empty()) {
    const ssize_t written = write(fd_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      absl::Status error = FileError("writing", path_, errno);
      size_ = size_before;
      if (ftruncate(fd_, size_) != 0) {
        Log(LogLevel::kWarn, "a line that was cut short could not be removed", {{"file", path_}});
      }
      return error;
    }
    size_ += written;
    lines.remove_prefix(static_cast<size_t>(written));
  }
  if (fdatasync(fd_) != 0) {
    return FileError("syncing", path_, errno);
  }
  return absl::OkStatus();
}

absl::Status DeadLetterFile::Append(const std::vector<StoredDeadLetter>& letters) {
  MutexLock lock(&mu_);
  if (fd_ < 0) {
    KPIWATCH_RETURN_IF_ERROR(OpenForAppend());
  }
  std::string lines;
  uint64_t last = last_number_;
  for (const StoredDeadLetter& stored : letters) {
    if (stored.number <= last) {
      continue;
    }
    const std::string line = LineOf(stored, store_uuid_);
    if (size_ + static_cast<int64_t>(lines.size() + line.size()) > max_bytes_ &&
        size_ + static_cast<int64_t>(lines.size()) > 0) {
      KPIWATCH_RETURN_IF_ERROR(WriteLines(lines));
      last_number_ = last;
      lines.clear();
      KPIWATCH_RETURN_IF_ERROR(Rotate());
    }
    lines += line;
    last = stored.number;
  }
  if (!lines.empty()) {
    KPIWATCH_RETURN_IF_ERROR(WriteLines(lines));
    last_number_ = last;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredDeadLetter>> DeadLetterFile::Read(uint64_t after,
                                                                   size_t limit) const {
  MutexLock lock(&mu_);
  std::vector<StoredDeadLetter> letters;
  const auto take = [&](std::string_view line, size_t) {
    const auto number = NumberOf(line);
    if (number.has_value() && *number > after) {
      if (auto stored = ParseLine(line, store_uuid_); stored.has_value()) {
        letters.push_back(*std::move(stored));
      }
    }
    return letters.size() < limit;
  };
  if (limit > 0) {
    KPIWATCH_RETURN_IF_ERROR(ForEachLine(old_path_, take));
  }
  if (letters.size() < limit) {
    KPIWATCH_RETURN_IF_ERROR(ForEachLine(path_, take));
  }
  return letters;
}

}  // namespace kpiwatch
