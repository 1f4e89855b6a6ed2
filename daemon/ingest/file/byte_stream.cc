#include "daemon/ingest/file/byte_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/base/status_macros.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;
constexpr std::string_view kGzipMagic = "\x1f\x8b";

std::string Reason() { return std::generic_category().message(errno); }

// What a descriptor gives, with the first bytes looked at before.
class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}
  ~PlainStream() override {
    if (fd_ != STDIN_FILENO) {
      ::close(fd_);
    }
  }
  PlainStream(const PlainStream&) = delete;
  PlainStream& operator=(const PlainStream&) = delete;

  // The first bytes, which a later Read returns again.
  absl::StatusOr<std::string_view> Peek(size_t size) {
    while (peeked_.size() < size) {
      std::array<char, 8> bytes{};
      KPIWATCH_ASSIGN_OR_RETURN(const size_t got,
                                ReadDescriptor(bytes.data(), size - peeked_.size()));
      if (got == 0) {
        break;
      }
      peeked_.append(bytes.data(), got);
    }
    return std::string_view(peeked_);
  }

  absl::StatusOr<size_t> Read(char* out, size_t size) override {
    if (!peeked_.empty()) {
      const size_t count = std::min(size, peeked_.size());
      std::memcpy(out, peeked_.data(), count);
      peeked_.erase(0, count);
      return count;
    }
    return ReadDescriptor(out, size);
  }

 private:
  absl::StatusOr<size_t> ReadDescriptor(char* out, size_t size) const {
    for (;;) {
      const ssize_t got = ::read(fd_, out, size);
      if (got >= 0) {
        return static_cast<size_t>(got);
      }
      if (errno != EINTR) {
        return absl::DataLossError(fmt::format("cannot read: {}", Reason()));
      }
    }
  }

  const int fd_;
  std::string peeked_;
};

// Unpacks gzip, several members in a row too.
class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> packed)
      : packed_(std::move(packed)), input_(kBufferBytes) {
    ok_ = inflateInit2(&zlib_, kGzipOnly) == Z_OK;
  }
  ~GzipStream() override { inflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  absl::StatusOr<size_t> Read(char* out, size_t size) override {
    if (!ok_) {
      return absl::DataLossError("gzip: no memory");
    }
    zlib_.next_out = reinterpret_cast<Bytef*>(out);
    zlib_.avail_out = static_cast<uInt>(size);
    while (zlib_.avail_out == size) {
      if (zlib_.avail_in == 0) {
        KPIWATCH_ASSIGN_OR_RETURN(const size_t got, packed_->Read(input_.data(), input_.size()));
        if (got == 0) {
          return in_member_ ? absl::StatusOr<size_t>(absl::DataLossError("gzip: the file is cut"))
                            : absl::StatusOr<size_t>(size_t{0});
        }
        zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
        zlib_.avail_in = static_cast<uInt>(got);
      }
      in_member_ = true;
      const int result = inflate(&zlib_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        in_member_ = false;
        inflateReset(&zlib_);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return absl::DataLossError(
            fmt::format("gzip: {}", zlib_.msg != nullptr ? zlib_.msg : "damaged data"));
      }
    }
    return size - zlib_.avail_out;
  }

 private:
  static constexpr int kGzipOnly = 16 + MAX_WBITS;

  std::unique_ptr<ByteStream> packed_;
  std::vector<char> input_;
  z_stream zlib_{};
  bool ok_ = false;
  bool in_member_ = true;  // between members the file may end
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::NotFoundError(fmt::format("cannot open {}: {}", path, Reason()));
  }
  auto plain = std::make_unique<PlainStream>(fd);
  const auto first = plain->Peek(kGzipMagic.size());
  if (!first.ok()) {
    return absl::NotFoundError(fmt::format("cannot open {}: {}", path, Reason()));
  }
  if (*first != kGzipMagic) {
    return plain;
  }
  return std::make_unique<GzipStream>(std::move(plain));
}

}  // namespace kpiwatch
