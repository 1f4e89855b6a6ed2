// Read by the run-time of the address sanitizer; linked into every program built with it.
//
// The headers of newer abseil versions poison the free slots of a hash table, which only code
// inside the packaged library, built without the sanitizer, would make usable again. So no
// poisoning by hand; what the sanitizer watches of itself (heap, stack, globals) stays watched.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() { return "allow_user_poisoning=0"; }
