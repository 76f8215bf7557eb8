#pragma once
#include <libpq-fe.h>
// Not in Swift's Glibc module.
#include <sys/eventfd.h>
