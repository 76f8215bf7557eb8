import CVips

extension Raster {
    /// A copy that is turned clockwise.
    ///
    /// - Parameter degrees: 0, 90, 180 or 270.
    public func turned(clockwise degrees: Int) throws(ImagingError) -> Raster {
        let angle: VipsAngle
        switch degrees {
        case 0: return self
        case 90: angle = VIPS_ANGLE_D90
        case 180: angle = VIPS_ANGLE_D180
        case 270: angle = VIPS_ANGLE_D270
        default:
            throw ImagingError(.internal, "A picture can be turned by quarters only.", detail: "\(degrees) degrees")
        }
        return try Raster(picture.applying { mien_vips_turn($0, angle, $1) }.evaluated(by: .never))
    }
}
