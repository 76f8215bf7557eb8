import CVips

extension VipsPicture {
    /// Eight bits per band and no transparency: first, so that resizing works on few bytes and never mixes the colours
    /// of invisible pixels in.
    func opaqueEightBit() throws(ImagingError) -> VipsPicture {
        var picture = self
        if picture.format != VIPS_FORMAT_UCHAR {
            // From 16 bits this keeps the upper eight, and the profile with them.
            let space = picture.bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB
            picture = try picture.applying { mien_vips_colourspace($0, space, $1) }
        }
        if picture.hasAlpha {
            picture = try picture.applying { mien_vips_flatten_on_white($0, $1) }
        }
        return picture
    }

    /// Three bands of sRGB, by the embedded profile where there is one that fits.
    func standardColour() throws(ImagingError) -> VipsPicture {
        var picture = self
        if picture.has(VIPS_META_ICC_NAME) {
            do throws(ImagingError) {
                picture = try picture.applying { mien_vips_icc_to_srgb($0, $1) }
            } catch {
                // A profile that cannot be applied is no reason to refuse the photo: it is shown as if it had none.
                picture = self
            }
        }
        if picture.interpretation != VIPS_INTERPRETATION_sRGB || picture.bands < 3 {
            picture = try picture.applying { mien_vips_colourspace($0, VIPS_INTERPRETATION_sRGB, $1) }
        }
        if picture.bands > 3 {
            picture = try picture.applying { mien_vips_first_bands($0, 3, $1) }
        }
        if picture.format != VIPS_FORMAT_UCHAR {
            picture = try picture.applying { mien_vips_cast_u8($0, $1) }
        }
        return picture
    }

    /// Resizes to exactly `target` pixels by Lanczos' kernel, strip by strip.
    func resized(to target: (Int, Int)) throws(ImagingError) -> VipsPicture {
        guard (width, height) != target else { return self }
        let horizontal = Double(target.0) / Double(width)
        let vertical = Double(target.1) / Double(height)
        return try applying { mien_vips_resize($0, horizontal, vertical, VIPS_KERNEL_LANCZOS3, $1) }
    }

    /// Cuts out a part, which must lie inside.
    func extracting(_ rect: PixelRect) throws(ImagingError) -> VipsPicture {
        try applying {
            mien_vips_extract($0, Int32(rect.x), Int32(rect.y), Int32(rect.width), Int32(rect.height), $1)
        }
    }

    /// Turns by the EXIF orientation and ends as a raster.
    func upright() throws(ImagingError) -> Raster {
        guard orientation > 1 else { return try Raster(self) }
        return try Raster(applying { mien_vips_autorotate($0, $1) }.evaluated(by: .never))
    }
}
