// The store of a simulated daemon: what Write made durable survives the crash, and Write can fail
// in each way that a disk and a power cut know.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/store/memory_state_store.h"
#include "daemon/store/state_store.h"

namespace kpiwatch::sim {

class SimStore final : public StateStore {
 public:
  enum class NextWrite {
    kWorks,
    kFails,       // a full disk: nothing is written
    kGoesUnseen,  // the power goes after the batch is on disk, before anybody hears of it
  };
  // A planted bug: what this names stands in a batch of its own, so that an accident may take one
  // of the two.
  struct Split {
    std::function<bool(Family family, std::string_view key)> apart;
    bool keeps_apart = false;  // which of the two survives the accident
  };

  void SetSplit(Split split) { split_ = std::move(split); }
  void SetNextWrite(NextWrite next) { next_ = next; }
  // True from a failed Write until ClearFailed: the engine has been told to stop.
  bool failed() const { return failed_; }
  void ClearFailed() { failed_ = false; }
  const MemoryStateStore& contents() const { return contents_; }

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const override {
    return contents_.Get(family, key);
  }
  absl::Status Scan(
      Family family, std::string_view begin, std::string_view end,
      absl::FunctionRef<bool(std::string_view, std::string_view)> visit) const override {
    return contents_.Scan(family, begin, end, visit);
  }
  absl::Status Write(const WriteBatch& batch) override {
    const NextWrite next = std::exchange(next_, NextWrite::kWorks);
    if (next == NextWrite::kWorks) {
      return contents_.Write(batch);
    }
    failed_ = true;
    if (split_) {
      WriteBatch half;
      for (const WriteBatch::Entry& entry : batch.entries()) {
        const std::string_view key = batch.key(entry);
        if (split_->apart(entry.family, key) != split_->keeps_apart) {
          continue;
        }
        if (entry.op == WriteBatch::Op::kPut) {
          half.Put(entry.family, key, batch.value(entry));
        } else {
          half.Delete(entry.family, key);
        }
      }
      if (const absl::Status status = contents_.Write(half); !status.ok()) {
        return status;
      }
    } else if (next == NextWrite::kGoesUnseen) {
      if (const absl::Status status = contents_.Write(batch); !status.ok()) {
        return status;
      }
    }
    return next == NextWrite::kFails ? absl::ResourceExhaustedError("no space left on device")
                                     : absl::UnavailableError("the power went");
  }

 private:
  MemoryStateStore contents_;
  NextWrite next_ = NextWrite::kWorks;
  std::optional<Split> split_;
  bool failed_ = false;
};

}  // namespace kpiwatch::sim
