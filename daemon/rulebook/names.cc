#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/load_state.h"
#include "fmt/format.h"

namespace kpiwatch {

bool NameTable::Declare(std::string_view name, size_t index, const Place& place, Diagnostics* out) {
  const auto [it, inserted] = entries_.try_emplace(std::string(name), Entry{index, place});
  if (inserted) {
    names_.emplace_back(name);
  } else {
    out->Error(place, fmt::format("duplicate {} '{}'; first at {}", kind_, name,
                                  out->Describe(it->second.place)));
  }
  return inserted;
}

std::optional<size_t> NameTable::Resolve(const YamlNode& node, Diagnostics* out) const {
  if (!node.is_scalar()) {
    out->Error(node, fmt::format("expected the name of a {}, found {}", kind_, node.Describe()));
    return std::nullopt;
  }
  if (const std::optional<size_t> index = Find(node.text)) {
    return index;
  }
  out->Error(node, fmt::format("unknown {} '{}'{}", kind_, node.text,
                               DidYouMean(NearestName(node.text, names_))));
  return std::nullopt;
}

std::optional<size_t> NameTable::Find(std::string_view name) const {
  const auto it = entries_.find(name);
  return it == entries_.end() ? std::nullopt : std::optional<size_t>(it->second.index);
}

std::optional<Place> NameTable::PlaceOf(std::string_view name) const {
  const auto it = entries_.find(name);
  return it == entries_.end() ? std::nullopt : std::optional<Place>(it->second.place);
}

}  // namespace kpiwatch
