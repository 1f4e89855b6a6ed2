#include "daemon/notify/delivery_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/hash.h"
#include "daemon/base/wire.h"
#include "daemon/notify/facts.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

bool Contains(const std::vector<size_t>& values, size_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Whether people may be told through `integration`.
bool ViaAllows(const v1::Transition& transition, std::string_view integration) {
  return transition.via().empty() || std::find(transition.via().begin(), transition.via().end(),
                                               integration) != transition.via().end();
}

int Gravity(const v1::Transition& transition) {
  return std::max<int>(transition.from_level(), transition.to_level());
}

// From the order of decision to that in which people read: the changes of one alert stand together,
// its last one first, and by that one the gravest alerts are first and those that are over last.
void OrderForReading(const Rulebook& rulebook, std::vector<const v1::Transition*>* transitions) {
  struct Ranked {
    std::tuple<bool, int, size_t, ptrdiff_t> rank;
    const v1::Transition* transition;
  };
  std::vector<std::string> alerts;
  std::map<std::string_view, size_t> last;  // place of an alert's last change
  alerts.reserve(transitions->size());
  for (const v1::Transition* transition : *transitions) {
    alerts.push_back(FingerprintOf(*transition, rulebook));
    last[alerts.back()] = alerts.size() - 1;
  }
  std::vector<Ranked> ranked;
  ranked.reserve(transitions->size());
  for (size_t i = 0; i < transitions->size(); ++i) {
    const size_t place = last[alerts[i]];
    const v1::Transition& state = *(*transitions)[place];
    ranked.push_back({{IsResolved(state), -Gravity(state), place, -static_cast<ptrdiff_t>(i)},
                      (*transitions)[i]});
  }
  std::sort(ranked.begin(), ranked.end(),
            [](const Ranked& a, const Ranked& b) { return a.rank < b.rank; });
  std::transform(ranked.begin(), ranked.end(), transitions->begin(),
                 [](const Ranked& one) { return one.transition; });
}

}  // namespace

struct DeliveryPlanner::Routed {
  const v1::Transition* transition;
  uint64_t seq;
  std::vector<size_t> receivers;
};

struct DeliveryPlanner::Mailing {
  struct Letter {
    size_t slot = 0;
    int gravity = -1;  // of the gravest transition, which chose the slot
    std::string address;
    LocalText name;  // empty: not a person
    std::string language;
    std::vector<Routed> content;
  };
  // Puts `routed` into the letter to `recipient`, which leaves through `slot` if nothing graver in
  // it leaves through another.
  Letter& Add(const std::string& recipient, size_t slot, const Routed& routed);

  std::map<std::string, Letter> letters;               // by person id or address
  std::vector<std::pair<size_t, Decision>> decisions;  // with the slot that counts them
};

DeliveryPlanner::Mailing::Letter& DeliveryPlanner::Mailing::Add(const std::string& recipient,
                                                                size_t slot, const Routed& routed) {
  Letter& letter = letters[recipient];
  if (Gravity(*routed.transition) > letter.gravity) {
    letter.gravity = Gravity(*routed.transition);
    letter.slot = slot;
  }
  letter.content.push_back(routed);
  return letter;
}

std::string_view IntegrationName(Integration integration) {
  return integration == Integration::kWebhook ? "webhook" : "email";
}

std::vector<ChannelId> ChannelsOf(const Rulebook& rulebook) {
  std::vector<ChannelId> channels;
  for (const Receiver& receiver : rulebook.receivers) {
    std::map<std::string_view, size_t> seen;
    for (const WebhookConfig& webhook : receiver.webhook) {
      channels.push_back({.name = fmt::format("webhook:{}/", receiver.name),
                          .address = WebhookAddress(webhook.url, seen[webhook.url]++)});
    }
    for (size_t i = 0; i < receiver.email.size(); ++i) {
      channels.push_back({.name = fmt::format("email:{}/{}", receiver.name, i)});
    }
  }
  channels.push_back({.name = std::string(kDeadLetterFileChannel)});
  return channels;
}

std::vector<ChannelSlot> ChannelSlots(const Rulebook& rulebook,
                                      const std::vector<ChannelId>& known) {
  std::vector<ChannelId> channels = NameChannels(ChannelsOf(rulebook), known);
  std::vector<ChannelSlot> slots;
  const auto add = [&](Integration integration, size_t receiver, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      slots.push_back({.name = std::move(channels[slots.size()].name),
                       .integration = integration,
                       .receiver = receiver,
                       .instance = i});
    }
  };
  for (size_t i = 0; i < rulebook.receivers.size(); ++i) {
    add(Integration::kWebhook, i, rulebook.receivers[i].webhook.size());
    add(Integration::kEmail, i, rulebook.receivers[i].email.size());
  }
  return slots;
}

DeliveryPlanner::DeliveryPlanner(std::shared_ptr<const Rulebook> rulebook,
                                 std::vector<ChannelSlot> slots, PlannerOptions options)
    : rulebook_(std::move(rulebook)),
      slots_(std::move(slots)),
      options_(std::move(options)),
      router_(rulebook_.get()) {}

std::vector<DeliveryPlanner::Routed> DeliveryPlanner::RoutedOf(
    std::span<const SharedEntry> step) const {
  std::vector<Routed> all;
  for (const SharedEntry& entry : step) {
    if (entry.head().is_transition && !entry.head().is_held_back) {
      all.push_back({.transition = &entry.transition(),
                     .seq = entry.seq(),
                     .receivers = router_.ReceiversOf(entry.transition())});
    }
  }
  return all;
}

DeliveryPlan DeliveryPlanner::PlanFor(size_t slot, std::span<const SharedEntry> step) const {
  KPIWATCH_CHECK(slot < slots_.size(), "no such channel");
  if (step.empty()) {
    return {};
  }
  return slots_[slot].integration == Integration::kWebhook ? PlanWebhook(slots_[slot], step)
                                                           : PlanEmail(slot, step);
}

DeliveryPlan DeliveryPlanner::PlanWebhook(const ChannelSlot& slot,
                                          std::span<const SharedEntry> step) const {
  const Receiver& receiver = rulebook_->receivers[slot.receiver];
  DeliveryPlan plan;
  std::vector<Routed> content;
  for (Routed& routed : RoutedOf(step)) {
    if (!Contains(routed.receivers, slot.receiver)) {
      continue;
    }
    const bool wanted = receiver.send_resolved || !IsResolved(*routed.transition);
    plan.decisions.push_back({.transition = routed.transition,
                              .recipient = "",
                              .reason = wanted ? reason::kSent : reason::kResolvedNotWanted});
    if (wanted) {
      content.push_back(std::move(routed));
    }
  }
  if (!content.empty()) {
    const WebhookConfig& config = receiver.webhook[slot.instance];
    const auto most = static_cast<size_t>(std::max(config.max_alerts, 1));
    for (std::span<const Routed> rest = content; !rest.empty();) {
      const std::span<const Routed> part = rest.first(std::min(most, rest.size()));
      rest = rest.subspan(part.size());
      Message message = Build(slot, "", part);
      for (const v1::Transition*& transition : message.transitions) {
        if (transition->told_as_size() > 1) {
          message.cut.push_back(
              std::make_shared<const v1::Transition>(router_.OnlyTo(slot.receiver, *transition)));
          transition = message.cut.back().get();
        }
      }
      message.address = config.url;
      message.language = config.language.empty() ? options_.language : config.language;
      plan.messages.push_back(std::move(message));
    }
  }
  return plan;
}

// The e-mail channels that may carry it, the first receiver of the route tree first.
std::vector<size_t> DeliveryPlanner::EmailSlotsOf(const Routed& routed, uint64_t last_seq) const {
  std::vector<size_t> found;
  for (const size_t receiver : routed.receivers) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      const ChannelSlot& slot = slots_[i];
      if (slot.integration == Integration::kEmail && slot.receiver == receiver &&
          slot.after < last_seq) {
        found.push_back(i);
      }
    }
  }
  return found;
}

void DeliveryPlanner::PlanEmailOf(const Routed& routed, uint64_t last_seq, Mailing* mailing) const {
  const v1::Transition& transition = *routed.transition;
  std::vector<size_t> candidates = EmailSlotsOf(routed, last_seq);
  if (candidates.empty()) {
    return;
  }
  const size_t first = candidates.front();
  const auto decide = [&](size_t slot, std::string recipient, std::string_view why) {
    mailing->decisions.emplace_back(
        slot,
        Decision{.transition = &transition, .recipient = std::move(recipient), .reason = why});
  };
  if (!ViaAllows(transition, IntegrationName(Integration::kEmail))) {
    return decide(first, "", reason::kViaExcluded);
  }
  std::erase_if(candidates, [&](size_t slot) {
    return IsResolved(transition) && !rulebook_->receivers[slots_[slot].receiver].send_resolved;
  });
  if (candidates.empty()) {
    return decide(first, "", reason::kResolvedNotWanted);
  }
  if (transition.notified().empty()) {
    return PlanUnaddressed(routed, candidates, mailing);
  }
  std::vector<std::string> people(transition.notified().begin(), transition.notified().end());
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  for (const std::string& id : people) {
    const Person* person = rulebook_->org.FindPersonAny(id);
    if (person == nullptr || person->email.empty()) {
      decide(candidates.front(), id, reason::kNoAddress);
      continue;
    }
    Mailing::Letter& letter = mailing->Add(id, candidates.front(), routed);
    letter.address = person->email;
    letter.name = person->name;
    letter.language = person->language;
  }
}

// To the first address that a receiver names for what tells no person.
void DeliveryPlanner::PlanUnaddressed(const Routed& routed, const std::vector<size_t>& slots,
                                      Mailing* mailing) const {
  for (const size_t slot : slots) {
    const Receiver& receiver = rulebook_->receivers[slots_[slot].receiver];
    const EmailConfig& config = receiver.email[slots_[slot].instance];
    if (!config.to.empty()) {
      Mailing::Letter& letter = mailing->Add(config.to, slot, routed);
      letter.address = config.to;
      letter.language = config.language;
      return;
    }
  }
  mailing->decisions.emplace_back(
      slots.front(),
      Decision{.transition = routed.transition, .recipient = "", .reason = reason::kNoRecipients});
}

DeliveryPlan DeliveryPlanner::PlanEmail(size_t slot, std::span<const SharedEntry> step) const {
  const uint64_t last_seq = step.back().seq();
  Mailing mailing;
  for (const Routed& routed : RoutedOf(step)) {
    PlanEmailOf(routed, last_seq, &mailing);
  }
  DeliveryPlan plan;
  for (auto& [counted_by, decision] : mailing.decisions) {
    if (counted_by == slot) {
      plan.decisions.push_back(std::move(decision));
    }
  }
  for (auto& [id, letter] : mailing.letters) {
    if (letter.slot != slot) {
      continue;
    }
    Message message = Build(slots_[slot], id, letter.content);
    OrderForReading(*rulebook_, &message.transitions);
    const size_t shown = std::min(message.transitions.size(), kMaxTransitionsPerEmail);
    for (size_t i = 0; i < message.transitions.size(); ++i) {
      plan.decisions.push_back({.transition = message.transitions[i],
                                .recipient = id,
                                .reason = i < shown ? reason::kSent : reason::kSummarised});
    }
    message.truncated = message.transitions.size() - shown;
    message.transitions.resize(shown);
    message.address = letter.address;
    message.language = letter.language.empty() ? options_.language : letter.language;
    message.recipient_name = letter.name.For(message.language);
    plan.messages.push_back(std::move(message));
  }
  return plan;
}

Message DeliveryPlanner::Build(const ChannelSlot& slot, std::string_view recipient,
                               std::span<const Routed> content) const {
  Message message;
  message.receiver = rulebook_->receivers[slot.receiver].name;
  message.recipient = recipient;
  message.rulebook = rulebook_.get();
  // The key covers everything that the message is about, in the order of decision, so that the same
  // content has the same key whenever it is sent again, and other content another. A person's
  // e-mail may leave through another receiver after a restart; that does not make it another one.
  std::string about;
  for (const Routed& routed : content) {
    wire::AppendU64(routed.seq, &about);
    wire::AppendString(routed.transition->id(), &about);
    message.transitions.push_back(routed.transition);
  }
  const std::string_view via =
      slot.integration == Integration::kWebhook ? std::string_view(slot.name) : "email";
  const Hash128 key = HashOf({options_.store_uuid, via, recipient, about});
  message.idempotency_key = fmt::format("{:016x}{:016x}", key.high, key.low);
  return message;
}

std::vector<Decision> DeliveryPlanner::Undelivered(std::span<const SharedEntry> step) const {
  std::vector<Decision> decisions;
  for (const SharedEntry& entry : step) {
    if (!entry.head().is_transition) {
      continue;
    }
    const v1::Transition& transition = entry.transition();
    if (!transition.not_sent_reason().empty()) {
      decisions.push_back(
          {.transition = &transition, .recipient = "", .reason = transition.not_sent_reason()});
      continue;
    }
    for (size_t gone = router_.GoneOf(transition).size(); gone > 0; --gone) {
      decisions.push_back(
          {.transition = &transition, .recipient = "", .reason = reason::kReceiverRemoved});
    }
    const std::vector<size_t> receivers = router_.ReceiversOf(transition);
    const bool taken = std::any_of(slots_.begin(), slots_.end(), [&](const ChannelSlot& slot) {
      return Contains(receivers, slot.receiver);
    });
    if (!taken) {
      decisions.push_back({.transition = &transition,
                           .recipient = "",
                           .reason = receivers.empty() ? reason::kNoReceiver : reason::kNoChannel});
    }
  }
  return decisions;
}

}  // namespace kpiwatch
