#pragma once
#include <libyuv/scale_rgb.h>
