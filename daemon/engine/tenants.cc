// One tenant a source (D-17).
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"

namespace kpiwatch {
namespace {

std::string TenantKey(std::string_view source) { return "t" + std::string(source); }

}  // namespace

bool Core::TakesTenant(const Event& event, uint32_t source) {
  const SourceOptions& options = (*options_.sources)[source];
  if (!options.tenant.empty()) {
    return false;  // another one than the configured one
  }
  if (event.tenant.empty()) {
    return true;  // says nothing of tenants: heartbeats of systems that have none
  }
  std::string& tenant = tenants_[source];
  if (tenant.empty()) {
    tenant = std::string(event.tenant);
    names_.Put(Family::kMeta, TenantKey(options.name), tenant);
    return true;
  }
  return false;
}

absl::Status Core::RestoreTenants() {
  for (size_t s = 0; s < tenants_.size(); ++s) {
    const SourceOptions& options = (*options_.sources)[s];
    tenants_[s] = options.tenant;
    if (tenants_[s].empty()) {
      KPIWATCH_ASSIGN_OR_RETURN(auto stored, store_->Get(Family::kMeta, TenantKey(options.name)));
      tenants_[s] = std::move(stored).value_or("");
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
