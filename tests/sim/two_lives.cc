// Two lives of the daemon in one world tell the same story.
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "tests/sim/checks.h"
#include "tests/sim/story.h"

namespace kpiwatch::sim {
namespace {

// All fields of a transition but what names its place in the outbox.
std::string ContentOf(v1::Transition t) {
  t.clear_id();
  t.clear_step();
  return t.DebugString();
}

// Where the ladder stood; between two seals corrections may come in one or in several, so that
// only where they begin and end counts (D-08). Whether one is told at once or with the next seal
// depends on when it is read, and so does from where people are told.
std::string OutlineOf(const std::vector<v1::Transition>& told) {
  std::string outline;
  v1::Level stood = v1::LEVEL_GREEN;
  for (size_t i = 0; i < told.size(); ++i) {
    const v1::Level from = std::exchange(stood, told[i].to_level());
    if (told[i].reason() != v1::REASON_RESTATED) {
      v1::Transition move = told[i];
      move.set_from_level(from);
      outline += from == stood ? "" : TextOf(move) + "\n";
      continue;
    }
    while (i + 1 < told.size() && told[i + 1].reason() == v1::REASON_RESTATED) {
      ++i;
      stood = told[i].to_level();
    }
    if (told[i].to_level() != from) {
      outline += fmt::format("restated {}>{}\n", LevelName(static_cast<Level>(from)),
                             LevelName(static_cast<Level>(told[i].to_level())));
    }
  }
  return outline;
}

}  // namespace

void CheckSameStory(const World& world, const Oracle& oracle, const Simulation& one,
                    const Simulation& other, std::vector<std::string>* problems) {
  const Story stories[] = {StoryOf(one.published()), StoryOf(other.published())};
  for (int r = 0; r < static_cast<int>(world.rules.size()); ++r) {
    const Rule& rule = world.rules[static_cast<size_t>(r)];
    for (const std::string& subject : oracle.subjects()) {
      if (rule.intraday || oracle.IsAmbiguous(r, subject)) {
        continue;
      }
      std::string told[2];
      for (size_t i = 0; i < 2; ++i) {
        const auto it = stories[i].find({rule.name, subject});
        if (it == stories[i].end()) {
          continue;
        }
        if (oracle.IsCorrected(r, subject)) {
          told[i] = OutlineOf(it->second);
          continue;
        }
        for (const v1::Transition& t : it->second) {
          told[i] += ContentOf(t);
        }
      }
      if (told[0] != told[1]) {
        problems->push_back(fmt::format("{} {}: two lives told\n{}\nand\n{}", rule.name, subject,
                                        told[0], told[1]));
      }
    }
  }
}

}  // namespace kpiwatch::sim
