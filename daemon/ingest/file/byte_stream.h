// Bytes of a file or of standard input, unpacked when they are gzip.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kpiwatch {

// Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `size` bytes into `out`; 0 at the end. Errors: kDataLoss when reading fails or gzip data
  // is damaged or cut.
  virtual absl::StatusOr<size_t> Read(char* out, size_t size) = 0;
};

// Opens a file; "-" is standard input. Gzip is told by its first bytes. Errors: kNotFound when it
// cannot be opened, with the reason.
absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& path);

}  // namespace kpiwatch
