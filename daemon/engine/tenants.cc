#include "daemon/engine/tenants.h"

#include <string_view>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

std::string TenantKey(std::string_view source) { return "t" + std::string(source); }

std::string IdsWithoutTenantKey(std::string_view source) {
  return CursorKey("ids_without_tenant " + std::string(source));
}

}  // namespace

bool SourceTenants::Takes(const Event& event, uint32_t source, WriteBatch* names) {
  if (event.tenant.empty()) {
    return true;  // says nothing of tenants, as heartbeats and rows of systems that have none
  }
  std::string& tenant = tenants_[source].name;
  if (!tenant.empty()) {
    return false;
  }
  tenant = std::string(event.tenant);
  names->Put(Family::kMeta, TenantKey((*sources_)[source].name), tenant);
  return true;
}

void SourceTenants::BeginIds(uint32_t source, WriteBatch* names) {
  Tenant& tenant = tenants_[source];
  tenant.of_ids = tenant.name;
  tenant.ids_begun = true;
  if (tenant.of_ids.empty()) {
    names->Put(Family::kMeta, IdsWithoutTenantKey((*sources_)[source].name), "");
  }
}

absl::Status SourceTenants::Restore(const StateStore& store) {
  for (size_t s = 0; s < tenants_.size(); ++s) {
    const SourceOptions& options = (*sources_)[s];
    Tenant& tenant = tenants_[s];
    tenant.name = options.tenant;
    if (tenant.name.empty()) {
      KPIWATCH_ASSIGN_OR_RETURN(auto stored, store.Get(Family::kMeta, TenantKey(options.name)));
      tenant.name = std::move(stored).value_or("");
    }
    KPIWATCH_ASSIGN_OR_RETURN(const auto without_tenant,
                              store.Get(Family::kMeta, IdsWithoutTenantKey(options.name)));
    tenant.ids_begun = without_tenant.has_value();
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
