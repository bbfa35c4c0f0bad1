export { jsonOfTtlv } from './json.js'
export { requestOfJson, requestOfXml } from './request.js'
export { xmlOfTtlv } from './xml.js'
