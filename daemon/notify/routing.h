// Which receivers a transition goes to: Alertmanager's route tree.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/notify/facts.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

// Every mistake in the matchers of the tree that shows only when they are compiled (a broken
// regular expression, an unknown operator), in one message; OK when there is none.
absl::Status CheckRoutes(const Rulebook& rulebook);

// The route tree of one rulebook, compiled. Pure and immutable: any number of threads.
//
// As in Alertmanager: a route's children are tried in order; the first that matches takes the
// alert, or each that matches as long as they say `continue`; where no child matches the route
// itself takes it. The root matches everything. Regular expressions match whole values; a missing
// label is the empty value.
class Router {
 public:
  // Borrows `rulebook` for the router's life. A matcher that CheckRoutes refuses matches nothing.
  explicit Router(const Rulebook* rulebook);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Indices into Rulebook::receivers, in the order of the tree, each once. Empty when there are no
  // receivers.
  std::vector<size_t> Match(const LabelMap& labels) const;

  // Data alerts: the data steward's receiver. Else those that it names; where it names none, or
  // none of them is there any more, those of its labels. A rising level: the receivers of that
  // level. A falling level: the receivers of every level from the old one down to the new one (to
  // yellow if it is over).
  std::vector<size_t> ReceiversOf(const v1::Transition& transition) const;

  // The receivers that it names and that are not there any more, borrowed from it.
  std::vector<std::string_view> GoneOf(const v1::Transition& transition) const;

  // Of an end that goes several ways (told_as), those by which its fires came to that receiver.
  v1::Transition OnlyTo(size_t receiver, const v1::Transition& transition) const;

 private:
  struct Node;
  std::vector<size_t> RoutesOf(const v1::Transition& transition) const;
  std::optional<size_t> Find(std::string_view receiver) const;

  const Rulebook* rulebook_;
  std::unique_ptr<Node> root_;  // null when there are no receivers
};

}  // namespace kpiwatch
