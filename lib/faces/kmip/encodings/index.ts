export { jsonOfTtlv } from './json.js'
export { requestOfJson, requestOfXml, type TextRequest } from './request.js'
export { xmlOfTtlv } from './xml.js'
