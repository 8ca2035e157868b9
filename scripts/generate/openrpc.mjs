// The contract as an OpenRPC 1.3 document.

export function openrpcDocument({ methods, errors, version }) {
  const document = {
    openrpc: '1.3.2',
    info: { title: 'tallyd', version, description: 'The control socket; see docs/control-socket.md' },
    methods: Object.entries(methods).map(([name, method]) => ({
      name,
      summary: method.summary,
      paramStructure: 'by-name',
      params: parametersOf(method.params),
      result: { name: 'result', schema: method.result },
      errors: ['invalidParams', ...method.errors.filter((error) => error !== 'invalidParams')].map(
        (error) => ({
          code: errors[error].code,
          message: errors[error].says,
        }),
      ),
      'x-askers': method.askers,
      ...(method.needsSubscription ? { 'x-websocket-only': true } : {}),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function parametersOf(schema) {
  if (schema.anyOf === undefined) {
    return Object.entries(schema.properties ?? {}).map(([name, value]) => ({
      name,
      required: (schema.required ?? []).includes(name),
      schema: value,
    }))
  }
  const names = [...new Set(schema.anyOf.flatMap((shape) => Object.keys(shape.properties)))]
  return names.map((name) => ({
    name,
    required: schema.anyOf.every((shape) => (shape.required ?? []).includes(name)),
    schema: {
      anyOf: schema.anyOf.map((shape) => shape.properties[name]).filter((shape) => shape !== undefined),
    },
  }))
}
