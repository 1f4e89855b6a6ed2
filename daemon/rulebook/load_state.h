// What one load carries from section to section.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/string_map.h"
#include "daemon/rulebook/diagnostics.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/rulebook/yaml_tree.h"

namespace kpiwatch {

// The names of one kind of thing ("KPI"), over all files.
class NameTable {
 public:
  explicit NameTable(std::string_view kind) : kind_(kind) {}

  // Notes that `name` stands for `index`. A name that is taken is reported with its first place,
  // and false.
  bool Declare(std::string_view name, size_t index, const Place& place, Diagnostics* out);
  // What the text of `node` names; nullopt: nothing, which is reported with the nearest name.
  std::optional<size_t> Resolve(const YamlNode& node, Diagnostics* out) const;
  std::optional<size_t> Find(std::string_view name) const;
  std::optional<Place> PlaceOf(std::string_view name) const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    size_t index;
    Place place;
  };
  std::string_view kind_;
  StringMap<Entry> entries_;
  std::vector<std::string> names_;  // in order of declaration, for suggestions
};

// The items of every section, in the order of the files.
struct Sections {
  std::vector<const YamlNode*> calendars, org, kpis, targets, rules, playbooks, receivers, route,
      currency;
};

// Sorts a document's sections into `sections`; reports unknown ones.
void CollectSections(const YamlNode& document, Sections* sections, Diagnostics* out);

struct LoadState {
  Diagnostics out;
  std::deque<SourceFile> extra_files;  // read on the way: holidays
  std::deque<YamlTree> trees;
  Sections sections;
  const std::vector<KnownSource>* sources = nullptr;  // of the configuration; null: not known
  Rulebook book;

  NameTable calendars{"calendar"};
  NameTable kpis{"KPI"};
  NameTable rules{"rule"};
  NameTable playbooks{"playbook"};
  NameTable receivers{"receiver"};
  NameTable units{"unit"};
  NameTable people{"person"};

  // Where things stand, by their indices in `book`.
  std::vector<const YamlNode*> kpi_nodes;
  std::vector<const YamlNode*> rule_nodes;
  std::vector<const YamlNode*> playbook_nodes;
  std::vector<const YamlNode*> receiver_nodes;
  std::vector<Place> target_places;
};

// One per section, in this order; each reports what is wrong and goes on.
void LoadCurrency(LoadState* state);
void LoadCalendars(LoadState* state);
void LoadOrg(LoadState* state);
void LoadKpis(LoadState* state);
void LoadPlaybooks(LoadState* state);
void LoadReceivers(LoadState* state);
void LoadRoute(LoadState* state);
void LoadTargets(LoadState* state);
void LoadRules(LoadState* state);
// Findings that are no mistakes. REQUIRES: no errors so far.
void Lint(LoadState* state);

// Reads `assignee` and `notify` words: owner, manager, manager+1 …, or a person's id.
std::optional<Notify> ReadNotify(const YamlNode& node, LoadState* state);

}  // namespace kpiwatch
