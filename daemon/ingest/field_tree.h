// A FieldPlan as a tree of names, so that one walk over an event finds every wanted field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "daemon/model/event.h"

namespace kpiwatch {

// Immutable.
class FieldTree {
 public:
  static constexpr int kNone = -1;
  static constexpr int kMaxPathDepth = 8;

  struct Node {
    std::string path;   // as in the plan, for messages: "data.attrs.channel"
    std::string name;   // its last part
    int field = kNone;  // index of the wanted scalar here, or kNone
    uint32_t first_child = 0;
    uint32_t child_count = 0;
  };

  // Of the "data." paths of `plan`; "event." paths are in envelope(). Indices are FieldIds, but for
  // version_field(), which is size() - 1 when the plan does not name data.version.
  // Errors: kInvalidArgument for an unknown "event." name and for paths of more than kMaxPathDepth
  // parts.
  static absl::StatusOr<FieldTree> OfEvents(const FieldPlan& plan);
  // Of every path of `plan`, from the top of a row.
  static absl::StatusOr<FieldTree> OfRows(const FieldPlan& plan);

  const Node& root() const { return nodes_[0]; }
  // The child of `node` called `name`, or null. Does not allocate.
  const Node* Child(const Node& node, std::string_view name) const;
  absl::Span<const Node> Children(const Node& node) const {
    return absl::MakeConstSpan(nodes_).subspan(node.first_child, node.child_count);
  }
  // The node of a path below the root ("amount", "attrs.channel"), or null.
  const Node* Find(std::string_view path) const;

  // Slots for values: the plan's fields and perhaps one more for the version.
  size_t size() const { return size_; }
  size_t plan_size() const { return plan_size_; }
  int version_field() const { return version_field_; }

  // Indices of the envelope's names, or kNone.
  struct EnvelopeFields {
    int id = kNone;
    int source = kNone;
    int type = kNone;
    int subject = kNone;
    int tenant = kNone;
  };
  const EnvelopeFields& envelope() const { return envelope_; }

 private:
  FieldTree() = default;
  struct Builder;

  std::vector<Node> nodes_;  // children of one node are neighbours, sorted by length and text
  size_t size_ = 0;
  size_t plan_size_ = 0;
  int version_field_ = kNone;
  EnvelopeFields envelope_;
};

}  // namespace kpiwatch
