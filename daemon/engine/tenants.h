// One tenant a source (D-17): as configured, else that of the first event that named one.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/ingest/source_options.h"
#include "daemon/model/event.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class SourceTenants {
 public:
  // Borrows `sources`.
  explicit SourceTenants(const std::vector<SourceOptions>* sources)
      : sources_(sources), tenants_(sources->size()) {}

  // Errors: the store's.
  absl::Status Restore(const StateStore& store);
  // Empty: not known yet.
  const std::string& of(uint32_t source) const { return tenants_[source].name; }
  // Of an event whose tenant is not of(source): may it come from there all the same? What is
  // learnt goes into *names.
  bool Takes(const Event& event, uint32_t source, WriteBatch* names);

  // The tenant under which the ids of the source's events are known (D-12): its tenant, whether the
  // event names it or not. Where an id was asked for before the tenant was known, it stays empty,
  // which goes into *names, so that an event is found again whatever it names then.
  const std::string& OfIds(uint32_t source, WriteBatch* names) {
    if (!tenants_[source].ids_begun) [[unlikely]] {
      BeginIds(source, names);
    }
    return tenants_[source].of_ids;
  }

 private:
  struct Tenant {
    std::string name;
    std::string of_ids;
    bool ids_begun = false;  // of_ids stays as it is
  };
  void BeginIds(uint32_t source, WriteBatch* names);

  const std::vector<SourceOptions>* const sources_;
  std::vector<Tenant> tenants_;
};

}  // namespace kpiwatch
