#include "net/live_bytes.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> live = 0;

void* counted(void* memory) {
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    live += ::malloc_usable_size(memory);
    return memory;
}

void release(void* memory) {
    if (memory != nullptr) {
        live -= ::malloc_usable_size(memory);
        std::free(memory);
    }
}

std::size_t rounded(std::size_t size, std::size_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

// Every form is defined, the array forms too: a sanitizer has them all, and must not be met half-way.
void* operator new(std::size_t size) {
    return counted(std::malloc(size != 0 ? size : 1));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto align = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(align, rounded(size, align)));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* memory = std::malloc(size != 0 ? size : 1);
    return memory != nullptr ? counted(memory) : nullptr;
}
void operator delete(void* memory) noexcept {
    release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    release(memory);
}
void* operator new[](std::size_t size) {
    return operator new(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
    return operator new(size, tag);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return operator new(size, alignment);
}
void operator delete[](void* memory) noexcept {
    release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    release(memory);
}

namespace postrider::net::test {

std::size_t live_bytes() {
    return live;
}

}  // namespace postrider::net::test
