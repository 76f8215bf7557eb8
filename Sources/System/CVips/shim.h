#pragma once
#include <vips/vips.h>

// libvips operations take a NULL-terminated list of optional arguments, which Swift cannot call: one shim per use.
// `VIPS_INIT`, the signal and the type macros are out of Swift's reach as well.

static inline int mien_vips_init(void) { return VIPS_INIT("mien"); }

static inline void mien_vips_unref(VipsImage *image) { g_object_unref(image); }

// The header only: sequential access decodes nothing before pixels are asked for. `buffer` must outlive `*out`.
static inline int mien_vips_open_jpeg(const void *buffer, size_t length, int shrink, VipsImage **out) {
    return vips_jpegload_buffer((void *)buffer, length, out, "shrink", shrink, "access", VIPS_ACCESS_SEQUENTIAL,
        "fail_on", VIPS_FAIL_ON_ERROR, NULL);
}

static inline int mien_vips_open_png(const void *buffer, size_t length, VipsImage **out) {
    return vips_pngload_buffer((void *)buffer, length, out, "access", VIPS_ACCESS_SEQUENTIAL,
        "fail_on", VIPS_FAIL_ON_ERROR, NULL);
}

// "page" 0 and "n" 1 are the defaults and are said anyway: the first frame of an animation, never all.
static inline int mien_vips_open_webp(const void *buffer, size_t length, double scale, VipsImage **out) {
    return vips_webpload_buffer((void *)buffer, length, out, "page", 0, "n", 1, "scale", scale,
        "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
}

// The primary picture, turned as the container says; "thumbnail" false is the default and said anyway.
static inline int mien_vips_open_heif(const void *buffer, size_t length, VipsImage **out) {
    return vips_heifload_buffer((void *)buffer, length, out, "thumbnail", FALSE,
        "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
}

static inline int mien_vips_icc_to_srgb(VipsImage *in, VipsImage **out) {
    return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE, "depth", 8, NULL);
}

static inline int mien_vips_colourspace(VipsImage *in, VipsInterpretation space, VipsImage **out) {
    return vips_colourspace(in, out, space, NULL);
}

static inline int mien_vips_flatten_on_white(VipsImage *in, VipsImage **out) {
    double white[] = { 255, 255, 255 };
    VipsArrayDouble *background = vips_array_double_new(white, in->Bands > 2 ? 3 : 1);
    int result = vips_flatten(in, out, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return result;
}

static inline int mien_vips_first_bands(VipsImage *in, int count, VipsImage **out) {
    return vips_extract_band(in, out, 0, "n", count, NULL);
}

static inline int mien_vips_cast_u8(VipsImage *in, VipsImage **out) { return vips_cast_uchar(in, out, NULL); }

static inline int mien_vips_autorotate(VipsImage *in, VipsImage **out) { return vips_autorot(in, out, NULL); }

static inline int mien_vips_copy(VipsImage *in, VipsImage **out) { return vips_copy(in, out, NULL); }

static inline int mien_vips_turn(VipsImage *in, VipsAngle angle, VipsImage **out) {
    return vips_rot(in, out, angle, NULL);
}

// `vertical` may differ a little from `horizontal`, so that both sides come out at the wanted whole pixel.
static inline int mien_vips_resize(
    VipsImage *in, double horizontal, double vertical, VipsKernel kernel, VipsImage **out) {
    return vips_resize(in, out, horizontal, "vscale", vertical, "kernel", kernel, NULL);
}

static inline int mien_vips_extract(VipsImage *in, int left, int top, int width, int height, VipsImage **out) {
    return vips_extract_area(in, out, left, top, width, height, NULL);
}

static inline int mien_vips_embed(
    VipsImage *in, int x, int y, int width, int height, VipsExtend extend, VipsImage **out) {
    return vips_embed(in, out, x, y, width, height, "extend", extend, NULL);
}

static inline int mien_vips_png(VipsImage *in, void **buffer, size_t *length) {
    return vips_pngsave_buffer(in, buffer, length, "strip", TRUE, NULL);
}

typedef void (*mien_vips_progress)(VipsImage *image, VipsProgress *progress, void *data);

static inline gulong mien_vips_on_progress(VipsImage *image, mien_vips_progress handler, void *data) {
    return g_signal_connect(image, "eval", G_CALLBACK(handler), data);
}

static inline void mien_vips_disconnect(VipsImage *image, gulong handler) {
    g_signal_handler_disconnect(image, handler);
}

static inline void mien_vips_drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void)domain; (void)level; (void)message; (void)data;
}

// Warnings about a stranger's file would fill the logs line by line; errors come back as return values anyway.
static inline void mien_vips_silence_warnings(void) {
    g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO, mien_vips_drop_log, NULL);
}
