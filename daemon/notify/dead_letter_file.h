// Where dead letters stay that have no topic to go to: a bounded file that the API lists (D-16).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/mutex.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

struct StoredDeadLetter {
  uint64_t number = 0;  // of its outbox entry
  v1::DeadLetter letter;
};

// NDJSON, one dead letter a line: dead_letters.ndjson, and dead_letters.1.ndjson with what was
// before it. The newer file becomes the older one when it is full; what was the older one is
// deleted then, so at most twice the size of a file is kept.
//
// Concurrency: Append by one thread, Read by any.
// Limitations: a record's value is kept up to kMaxValueBytes.
class DeadLetterFile {
 public:
  static constexpr int64_t kDefaultMaxBytes = 64 << 20;  // of one file
  static constexpr size_t kMaxValueBytes = 1 << 20;

  // Opens or creates the files in `directory`, which exists. A line that a crash cut short is
  // removed. Letters that another store (by UUID) left are not listed. Errors: kUnavailable.
  static absl::StatusOr<std::unique_ptr<DeadLetterFile>> Open(const std::string& directory,
                                                              std::string store_uuid,
                                                              int64_t max_bytes = kDefaultMaxBytes);
  ~DeadLetterFile();
  DeadLetterFile(const DeadLetterFile&) = delete;
  DeadLetterFile& operator=(const DeadLetterFile&) = delete;

  // On disk when it returns OK. Letters that are there already (numbers up to the last one) are
  // skipped, so the same letters may be given again after a crash. Errors: kResourceExhausted (the
  // disk is full), kUnavailable; part of the letters may be written then.
  absl::Status Append(const std::vector<StoredDeadLetter>& letters) ABSL_LOCKS_EXCLUDED(mu_);

  // The first `limit` letters with numbers above `after`, ascending. Errors: kUnavailable.
  absl::StatusOr<std::vector<StoredDeadLetter>> Read(uint64_t after, size_t limit) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  DeadLetterFile(const std::string& directory, std::string store_uuid, int64_t max_bytes);
  absl::Status Restore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status OpenForAppend() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Rotate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WriteLines(std::string_view lines) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  const std::string old_path_;
  const std::string store_uuid_;
  const int64_t max_bytes_;
  mutable Mutex mu_;
  int fd_ ABSL_GUARDED_BY(mu_) = -1;
  int64_t size_ ABSL_GUARDED_BY(mu_) = 0;  // of whole lines in the newer file
  uint64_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace kpiwatch
