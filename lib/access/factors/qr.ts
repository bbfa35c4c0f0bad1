import { renderSVG, renderUnicodeCompact } from 'uqr'

/** What phones read from a screen: light around it, as wide as ISO/IEC 18004 asks. */
const options = { border: 4 }

/** A text as a QR code of half blocks, for a terminal with dark ground: what is light is drawn. */
export function qrText(text: string): string {
  return renderUnicodeCompact(text, options)
}

/** A text as a QR code, an SVG document. */
export function qrSvg(text: string): string {
  return renderSVG(text, options)
}
