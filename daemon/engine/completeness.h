// What is proven of each source: until when its data is complete (S-26, D-02, D-03).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/source_options.h"

namespace kpiwatch {

// One source's proofs.
//
// Operation: a heartbeat with a partition scope speaks for the partition it was read from; the
// source is complete as far as the least of its partitions. A heartbeat without a scope speaks for
// the whole source, once every partition has been read to its end as it was asked for after the
// heartbeat was read (that cut is stored first). A source that is complete by `caught_up` needs no
// heartbeat: it is complete once it was read to an end that was asked for after the moment of
// interest, with every partition known.
// Limits: kMaxPending heartbeats wait per partition or source; beyond that the oldest pair merges,
// which can only make a seal's moment later.
// Concurrency: owned by the engine thread.
class SourceCompleteness {
 public:
  static constexpr size_t kMaxPending = 256;
  // How long a transport may take to say how far it goes before its source is late.
  static constexpr absl::Duration kAnswerTime = absl::Seconds(15);

  // Of a source that nobody reads.
  SourceCompleteness();
  // `options` is borrowed.
  explicit SourceCompleteness(const SourceOptions* options) : options_(options) {}

  // A heartbeat read from `partition`, sent at `sent`. `scoped`: it speaks for its partition only.
  void OnHeartbeat(uint32_t partition, bool scoped, absl::Time complete_until, absl::Time sent);
  // A record with the transport's time has come (for caught_up).
  void OnRecord(absl::Time transport_time);
  // Declares the source complete, as a replay does with its files.
  void Declare(absl::Time complete_until);
  // Whether a heartbeat waits for ends that nobody has asked for yet; EndsAsked: they have been,
  // see EventSource::AskEnds(). Where the ends are exact nobody needs to ask.
  bool WantsEnds() const;
  void EndsAsked(absl::Time asked);
  // To be called once a step in which the source was polled, after what was read has been taken in.
  // `all_known`: the transport is in touch and no partition is missing.
  void Update(absl::Time now, std::span<const PartitionState> partitions, bool all_known = true);

  // The moment that proves the source complete past `close` of a day that began at `begin`:
  // the sending time of the completing heartbeat, or for caught_up `not_before`, the earliest
  // moment at which the day could seal. nullopt: not proven. `working` says whether the day is a
  // working day: only on those must a caught-up source have delivered something (D-02).
  std::optional<absl::Time> CompletedAt(absl::Time begin, absl::Time close, absl::Time not_before,
                                        bool working) const;
  // Whether only the answer to where the source ended at `due` is missing, and may still come.
  bool AwaitsAnswer(absl::Time due, absl::Time now) const;
  // Until when the source is proven complete by heartbeats; InfinitePast: nothing proven.
  absl::Time complete_until() const;
  // What `partition` itself has promised to be complete; later facts of days before that are late.
  absl::Time PartitionCompleteUntil(uint32_t partition) const;
  // Heartbeats that no seal can need any more are dropped.
  void Forget(absl::Time before);

  bool changed() const { return changed_; }
  // Stored form (FORMAT.md).
  void Encode(std::string* out);
  bool Decode(std::string_view bytes);

  // Since when a day waits for the source, and which; nullopt: it is on time.
  struct Late {
    absl::Time since;
    int32_t day = 0;
  };
  std::optional<Late> late;
  void MarkChanged() { changed_ = true; }

 private:
  struct Proof {
    absl::Time until;
    absl::Time sent;
  };
  struct Cut {
    Proof proof;
    std::optional<absl::Time> asked = {};  // when the ends were asked for, in this run
    bool taken = false;                    // whether `ends` are those
    std::vector<int64_t> ends = {};        // by partition
  };
  // False: the front of the waiting ones waits on.
  bool TakeCut(std::span<const PartitionState> partitions, bool all_known, Cut* cut);
  static void Push(const Proof& proof, std::deque<Proof>* proofs);
  static std::optional<absl::Time> FirstPast(const std::deque<Proof>& proofs, absl::Time close);

  const SourceOptions* options_ = nullptr;
  std::vector<std::deque<Proof>> by_partition_;  // ascending by until
  std::deque<Proof> whole_;
  std::deque<Cut> waiting_;
  absl::Time newest_record_ = absl::InfinitePast();
  absl::Time heard_at_ = absl::InfinitePast();      // when all its ends had been asked for
  absl::Time caught_up_at_ = absl::InfinitePast();  // last heard_at_ whose ends were reached
  bool all_known_ = false;                          // as of the last Update
  size_t partition_count_ = 0;                      // as of the last Update
  bool changed_ = false;
};

// A source that KPIs name and that nobody reads.
struct UnreadSource {
  std::string name;
  std::optional<SourceCompleteness::Late> late;
};

}  // namespace kpiwatch
