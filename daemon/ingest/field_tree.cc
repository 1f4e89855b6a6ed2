#include "daemon/ingest/field_tree.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "daemon/base/status_macros.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kData = "data.";
constexpr std::string_view kEvent = "event.";

// The order of siblings: cheap to compare.
struct ByLengthThenText {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

}  // namespace

struct FieldTree::Builder {
  struct Draft {
    std::string path;
    int field = kNone;
    std::map<std::string, std::unique_ptr<Draft>, ByLengthThenText> children;
  };

  Draft root;

  // `prefix` is what `path` has before its part below the root.
  absl::Status Add(std::string_view prefix, std::string_view path, int field) {
    Draft* at = &root;
    int depth = 0;
    std::string so_far(prefix);
    for (const absl::string_view part :
         absl::StrSplit(absl::string_view(path.data(), path.size()), '.')) {
      if (part.empty() || ++depth > kMaxPathDepth) {
        return absl::InvalidArgumentError(
            fmt::format("field path '{}{}': expected 1 to {} names between the dots", prefix, path,
                        kMaxPathDepth));
      }
      std::unique_ptr<Draft>& child = at->children[std::string(part)];
      so_far.append(part.data(), part.size());
      if (child == nullptr) {
        child = std::make_unique<Draft>();
        child->path = so_far;
      }
      so_far.push_back('.');
      at = child.get();
    }
    if (at->field == kNone) {
      at->field = field;
    }
    return absl::OkStatus();
  }

  // Breadth first, so that siblings are neighbours.
  std::vector<Node> Flatten() const {
    std::vector<Node> nodes(1);
    std::vector<const Draft*> drafts = {&root};
    for (size_t i = 0; i < drafts.size(); ++i) {
      nodes[i].first_child = static_cast<uint32_t>(nodes.size());
      nodes[i].child_count = static_cast<uint32_t>(drafts[i]->children.size());
      for (const auto& [name, child] : drafts[i]->children) {
        nodes.push_back({.path = child->path, .name = name, .field = child->field});
        drafts.push_back(child.get());
      }
    }
    return nodes;
  }
};

absl::StatusOr<FieldTree> FieldTree::OfEvents(const FieldPlan& plan) {
  FieldTree tree;
  Builder builder;
  const std::pair<std::string_view, int*> envelope[] = {
      {"id", &tree.envelope_.id},         {"source", &tree.envelope_.source},
      {"type", &tree.envelope_.type},     {"subject", &tree.envelope_.subject},
      {"tenant", &tree.envelope_.tenant},
  };
  for (size_t i = 0; i < plan.size(); ++i) {
    const std::string_view path = plan.paths()[i];
    const int field = static_cast<int>(i);
    if (path.starts_with(kData)) {
      KPIWATCH_RETURN_IF_ERROR(builder.Add(kData, path.substr(kData.size()), field));
    } else if (path.starts_with(kEvent)) {
      const auto* known = std::find_if(
          std::begin(envelope), std::end(envelope),
          [&](const auto& entry) { return entry.first == path.substr(kEvent.size()); });
      if (known == std::end(envelope)) {
        return absl::InvalidArgumentError(fmt::format(
            "unknown name '{}'; an event has event.id, .source, .type, .subject and .tenant",
            path));
      }
      *known->second = field;
    }
  }
  tree.plan_size_ = plan.size();
  KPIWATCH_RETURN_IF_ERROR(builder.Add(kData, "version", static_cast<int>(plan.size())));
  tree.nodes_ = builder.Flatten();
  tree.version_field_ = tree.Find("version")->field;
  tree.size_ = plan.size() + 1;
  return tree;
}

absl::StatusOr<FieldTree> FieldTree::OfRows(const FieldPlan& plan) {
  FieldTree tree;
  Builder builder;
  for (size_t i = 0; i < plan.size(); ++i) {
    KPIWATCH_RETURN_IF_ERROR(builder.Add("", plan.paths()[i], static_cast<int>(i)));
  }
  tree.nodes_ = builder.Flatten();
  tree.size_ = tree.plan_size_ = plan.size();
  return tree;
}

const FieldTree::Node* FieldTree::Child(const Node& node, std::string_view name) const {
  const Node* const end = nodes_.data() + node.first_child + node.child_count;
  const Node* const found = std::lower_bound(
      nodes_.data() + node.first_child, end, name,
      [](const Node& a, std::string_view b) { return ByLengthThenText()(a.name, b); });
  return found != end && found->name == name ? found : nullptr;
}

const FieldTree::Node* FieldTree::Find(std::string_view path) const {
  const Node* at = &root();
  while (at != nullptr && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    at = Child(*at, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

}  // namespace kpiwatch
