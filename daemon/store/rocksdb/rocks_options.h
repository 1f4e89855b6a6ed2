// The settings of RocksDB, with their reasons.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <memory>

#include "daemon/store/state_store.h"

namespace kpiwatch {

rocksdb::DBOptions RocksDbOptions();
// `block_cache` is shared by all families.
rocksdb::ColumnFamilyOptions RocksFamilyOptions(Family family,
                                                std::shared_ptr<rocksdb::Cache> block_cache);
// The name of the family's column family. RocksDB insists on one called "default".
const char* RocksFamilyName(Family family);  // persisted: DO NOT CHANGE the names

inline constexpr size_t kRocksBlockCacheBytes = 8 << 20;

}  // namespace kpiwatch
