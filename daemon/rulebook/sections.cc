// The top level of a rule file.
#include <algorithm>
#include <array>

#include "daemon/base/nearest_name.h"
#include "daemon/model/currency.h"
#include "daemon/rulebook/load_state.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

struct Section {
  std::string_view name;
  std::vector<const YamlNode*> Sections::*nodes;
  bool list;  // a list of items; else one mapping or text
};

const std::array<Section, 9> kSections = {{{"calendars", &Sections::calendars, true},
                                           {"org", &Sections::org, false},
                                           {"kpis", &Sections::kpis, true},
                                           {"targets", &Sections::targets, true},
                                           {"rules", &Sections::rules, true},
                                           {"playbooks", &Sections::playbooks, true},
                                           {"receivers", &Sections::receivers, true},
                                           {"route", &Sections::route, false},
                                           {"currency", &Sections::currency, false}}};

constexpr std::array<std::string_view, 7> kUnsupported = {
    "scorecards",    "escalation", "time_intervals", "mute_time_intervals",
    "inhibit_rules", "templates",  "rates"};

void Collect(const YamlNode& key, const YamlNode& value, Sections* sections, Diagnostics* out) {
  const auto section = std::find_if(kSections.begin(), kSections.end(),
                                    [&](const Section& s) { return s.name == key.text; });
  if (section == kSections.end()) {
    if (std::find(kUnsupported.begin(), kUnsupported.end(), key.text) != kUnsupported.end()) {
      out->Error(key, fmt::format("section '{}' is not supported by this version", key.text));
      return;
    }
    std::vector<std::string_view> names;
    names.reserve(kSections.size());
    for (const Section& s : kSections) {
      names.push_back(s.name);
    }
    const std::optional<std::string_view> near = NearestName(key.text, names);
    out->Error(key,
               fmt::format("unknown section '{}'{}", key.text,
                           near ? DidYouMean(near)
                                : fmt::format("; known sections are {}", fmt::join(names, ", "))));
    return;
  }
  if (value.kind == YamlNode::Kind::kNull) {
    return;  // a section whose last item went into a comment
  }
  std::vector<const YamlNode*>& nodes = sections->*section->nodes;
  if (!section->list) {
    nodes.push_back(&value);
  } else if (value.is_list()) {
    nodes.insert(nodes.end(), value.children.begin(), value.children.end());
  } else {
    out->Error(value,
               fmt::format("section '{}': expected a list, found {}", key.text, value.Describe()));
  }
}

}  // namespace

void CollectSections(const YamlNode& document, Sections* sections, Diagnostics* out) {
  if (document.kind == YamlNode::Kind::kNull) {
    return;
  }
  if (!document.is_map()) {
    out->Error(document, fmt::format("expected sections such as 'kpis:' and 'rules:', found {}",
                                     document.Describe()));
    return;
  }
  StringMap<Place> seen;
  for (size_t i = 0; i < document.children.size(); i += 2) {
    const YamlNode& key = *document.children[i];
    const auto [it, inserted] = seen.try_emplace(std::string(key.text), key.place);
    if (inserted) {
      Collect(key, *document.children[i + 1], sections, out);
    } else {
      out->Error(key, fmt::format("section '{}' stands twice in this file; first at {}", key.text,
                                  out->Describe(it->second)));
    }
  }
}

void LoadCurrency(LoadState* state) {
  const YamlNode* first = nullptr;
  for (const YamlNode* node : state->sections.currency) {
    if (first != nullptr) {
      state->out.Error(*node, fmt::format("section 'currency' stands twice; first at {}",
                                          state->out.Describe(first->place)));
      continue;
    }
    first = node;
    if (!node->is_scalar() || !CurrencyDigits(node->text)) {
      state->out.Error(
          *node, fmt::format("expected a currency code such as CNY, found {}", node->Describe()));
      continue;
    }
    state->book.currency = std::string(node->text);
  }
}

}  // namespace kpiwatch
