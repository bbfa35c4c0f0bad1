import type { ObjectOperation, ObjectPermission } from '../../operation/index.js'
import { type AttributeName, attributesOf, type Edit, edited, ruleOf } from '../attributes/index.js'
import { livingStates } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'
import type { AttributesAnswer } from './get_attributes.js'

interface EditInput {
  /** Id or name. */
  readonly object: string
  readonly name: AttributeName
}

/** What the operations that change one attribute have in common. The answer is the attribute as it is then. */
export function attributeOperation<Input extends EditInput>(
  operation: string,
  editOf: (input: Input) => Edit,
): ObjectOperation<KeyServices, Input, AttributesAnswer> {
  return {
    name: operation,
    permission({ name }) {
      const { also } = ruleOf(name)
      const permissions: ObjectPermission[] = ['ModifyAttributes']
      return also ? [...permissions, also] : permissions
    },
    durability: 'synced',
    states: livingStates,
    purposes: ['general'],
    target: (input) => input,
    async prepare(services, _actor, input, object) {
      const rule = ruleOf(input.name)
      const used = rule.untilUsed ? (await services.usage.protected(object)) > 0 : false
      const patch = edited(object, input.name, editOf(input), { now: services.clock.now(), used })
      const row = changedRow(services.barrier, object, patch)
      return {
        answer: { id: object.id, attributes: attributesOf(managed(row), [input.name]) },
        rows: { objects: [{ row }] },
        ...(rule.endsLeases && { ends: [{ object: object.id, principal: null }] }),
        detail: { attribute: input.name, ...(row.state !== object.state && { state: row.state }) },
      }
    },
  }
}
