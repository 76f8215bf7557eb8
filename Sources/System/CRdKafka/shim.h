#pragma once
#include <librdkafka/rdkafka.h>
// The mock cluster, for fault tests; it has to come after rdkafka.h.
#include <librdkafka/rdkafka_mock.h>
