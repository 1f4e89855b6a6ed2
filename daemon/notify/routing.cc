#include "daemon/notify/routing.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// std::regex recurses with the length of its input.
constexpr size_t kMaxRegexInput = 1024;

struct CompiledMatcher {
  std::string label;
  std::string value;
  std::optional<std::regex> regex;  // =~ and !~
  bool negated = false;
  bool valid = true;

  bool Matches(const LabelMap& labels) const {
    if (!valid) {
      return false;
    }
    const auto it = labels.find(label);
    const std::string_view text = it == labels.end() ? std::string_view() : it->second;
    bool equal = false;
    if (!regex.has_value()) {
      equal = text == value;
    } else if (text.size() <= kMaxRegexInput) {
      equal = std::regex_match(text.begin(), text.end(), *regex);
    }
    return equal != negated;
  }
};

// The error text of a matcher that cannot be compiled goes to `mistakes` where that is not null.
CompiledMatcher Compile(const Matcher& matcher, std::vector<std::string>* mistakes) {
  CompiledMatcher compiled{.label = matcher.label, .value = matcher.value, .regex = {}};
  compiled.negated = matcher.op == "!=" || matcher.op == "!~";
  std::string mistake;
  if (matcher.op == "=~" || matcher.op == "!~") {
    try {
      compiled.regex.emplace(matcher.value, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
      mistake = fmt::format("is not a regular expression ({})", error.what());
    }
  } else if (matcher.op != "=" && matcher.op != "!=") {
    mistake = "has an unknown operator; known are = != =~ !~";
  }
  if (!mistake.empty()) {
    compiled.valid = false;
    if (mistakes != nullptr) {
      mistakes->push_back(fmt::format("route matcher '{}{}\"{}\"' {}", matcher.label, matcher.op,
                                      matcher.value, mistake));
    }
  }
  return compiled;
}

void CheckRoute(const Route& route, std::vector<std::string>* mistakes) {
  for (const Matcher& matcher : route.matchers) {
    Compile(matcher, mistakes);
  }
  for (const Route& child : route.routes) {
    CheckRoute(child, mistakes);
  }
}

void AppendNew(size_t receiver, std::vector<size_t>* receivers) {
  if (std::find(receivers->begin(), receivers->end(), receiver) == receivers->end()) {
    receivers->push_back(receiver);
  }
}

}  // namespace

struct Router::Node {
  explicit Node(const Route& route)
      : receiver(route.receiver), continue_matching(route.continue_matching) {
    for (const Matcher& matcher : route.matchers) {
      matchers.push_back(Compile(matcher, nullptr));
    }
    for (const Route& child : route.routes) {
      children.emplace_back(child);
    }
  }

  bool Accepts(const LabelMap& labels) const {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const CompiledMatcher& matcher) { return matcher.Matches(labels); });
  }

  void Collect(const LabelMap& labels, std::vector<size_t>* receivers) const {
    bool taken = false;
    for (const Node& child : children) {
      if (!child.Accepts(labels)) {
        continue;
      }
      child.Collect(labels, receivers);
      taken = true;
      if (!child.continue_matching) {
        break;
      }
    }
    if (!taken) {
      AppendNew(receiver, receivers);
    }
  }

  size_t receiver;
  bool continue_matching;
  std::vector<CompiledMatcher> matchers;
  std::vector<Node> children;
};

absl::Status CheckRoutes(const Rulebook& rulebook) {
  std::vector<std::string> mistakes;
  CheckRoute(rulebook.route, &mistakes);
  return mistakes.empty() ? absl::OkStatus()
                          : absl::InvalidArgumentError(absl::StrJoin(mistakes, "\n"));
}

Router::Router(const Rulebook* rulebook)
    : rulebook_(rulebook),
      root_(rulebook->receivers.empty() ? nullptr : std::make_unique<Node>(rulebook->route)) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

std::vector<size_t> Router::Match(const LabelMap& labels) const {
  std::vector<size_t> receivers;
  if (root_ != nullptr) {
    root_->Collect(labels, &receivers);
  }
  return receivers;
}

std::vector<size_t> Router::ReceiversOf(const v1::Transition& transition) const {
  if (root_ == nullptr) {
    return {};
  }
  if (IsDataAlert(transition)) {
    return rulebook_->data_steward.has_value() ? std::vector<size_t>{*rulebook_->data_steward}
                                               : std::vector<size_t>{};
  }
  std::vector<size_t> receivers;
  for (const std::string& name : transition.receivers()) {
    if (const std::optional<size_t> receiver = Find(name)) {
      AppendNew(*receiver, &receivers);
    }
  }
  return receivers.empty() ? RoutesOf(transition) : receivers;
}

std::vector<size_t> Router::RoutesOf(const v1::Transition& transition) const {
  if (root_->children.empty()) {
    return {root_->receiver};
  }
  const int to = transition.to_level();
  const int from = std::min<int>(transition.from_level(), v1::LEVEL_RED);
  if (to >= from) {
    return Match(LabelsOf(transition, *rulebook_));
  }
  std::vector<size_t> receivers;
  for (int level = from; level >= std::max<int>(to, v1::LEVEL_YELLOW); --level) {
    for (const LabelMap& labels :
         LabelsAtLevel(transition, *rulebook_, static_cast<Level>(level))) {
      for (const size_t receiver : Match(labels)) {
        AppendNew(receiver, &receivers);
      }
    }
  }
  return receivers;
}

std::optional<size_t> Router::Find(std::string_view receiver) const {
  const auto it = std::find_if(rulebook_->receivers.begin(), rulebook_->receivers.end(),
                               [&](const Receiver& one) { return one.name == receiver; });
  return it == rulebook_->receivers.end()
             ? std::nullopt
             : std::optional(static_cast<size_t>(it - rulebook_->receivers.begin()));
}

std::vector<std::string_view> Router::GoneOf(const v1::Transition& transition) const {
  std::vector<std::string_view> gone;
  for (const std::string& name : transition.receivers()) {
    if (!Find(name)) {
      gone.push_back(name);
    }
  }
  return gone;
}

v1::Transition Router::OnlyTo(size_t receiver, const v1::Transition& transition) const {
  v1::Transition only = transition;
  only.clear_told_as();
  v1::Transition one = only;
  for (const v1::ToldAs& as : transition.told_as()) {
    one.clear_told_as();
    *one.add_told_as() = as;
    *one.mutable_receivers() = as.receivers();
    const std::vector<size_t> receivers = ReceiversOf(one);
    if (std::find(receivers.begin(), receivers.end(), receiver) != receivers.end()) {
      *only.add_told_as() = as;
    }
  }
  return only;
}

}  // namespace kpiwatch
