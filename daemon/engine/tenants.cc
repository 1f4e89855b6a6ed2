#include "daemon/engine/tenants.h"

#include <string_view>
#include <utility>

#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

std::string TenantKey(std::string_view source) { return "t" + std::string(source); }

}  // namespace

bool SourceTenants::Takes(const Event& event, uint32_t source, WriteBatch* names) {
  const SourceOptions& options = (*sources_)[source];
  if (!options.tenant.empty()) {
    return false;  // another one than the configured one
  }
  if (event.tenant.empty()) {
    return true;  // says nothing of tenants: heartbeats of systems that have none
  }
  std::string& tenant = tenants_[source];
  if (tenant.empty()) {
    tenant = std::string(event.tenant);
    names->Put(Family::kMeta, TenantKey(options.name), tenant);
    return true;
  }
  return false;
}

absl::Status SourceTenants::Restore(const StateStore& store) {
  for (size_t s = 0; s < tenants_.size(); ++s) {
    const SourceOptions& options = (*sources_)[s];
    tenants_[s] = options.tenant;
    if (tenants_[s].empty()) {
      KPIWATCH_ASSIGN_OR_RETURN(auto stored, store.Get(Family::kMeta, TenantKey(options.name)));
      tenants_[s] = std::move(stored).value_or("");
    }
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
