{{/* The variables of the page: port, TLS and password. */}}
{{- define "gunicorn-prometheus-exporter.pageEnv" -}}
- { name: PROMETHEUS_METRICS_PORT, value: {{ .Values.page.port | quote }} }
- { name: PROMETHEUS_BIND_ADDRESS, value: 0.0.0.0 }
{{- with .Values.page.tls.existingSecret }}
- { name: PROMETHEUS_SSL_CERTFILE, value: /etc/metrics-tls/tls.crt }
- { name: PROMETHEUS_SSL_KEYFILE, value: /etc/metrics-tls/tls.key }
{{- end }}
{{- with .Values.page.auth.existingSecret }}
- { name: PROMETHEUS_AUTH_USERNAME_FILE, value: /etc/metrics-credentials/username }
- { name: PROMETHEUS_AUTH_PASSWORD_FILE, value: /etc/metrics-credentials/password }
# The kubelet has no password.
- { name: PROMETHEUS_PROBES_OPEN, value: "true" }
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.nodeEnv" -}}
- name: NODE_NAME
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
{{- end }}

{{/* The variables of Redis, for the exporter and for applications. */}}
{{- define "gunicorn-prometheus-exporter.redis.env" -}}
- { name: REDIS_ENABLED, value: "true" }
{{- with include "gunicorn-prometheus-exporter.redisHost" . }}
- { name: REDIS_HOST, value: {{ . | quote }} }
- { name: REDIS_PORT, value: {{ $.Values.redis.port | quote }} }
{{- end }}
{{- if .Values.redis.db }}
- { name: REDIS_DB, value: {{ .Values.redis.db | quote }} }
{{- end }}
- { name: REDIS_KEY_PREFIX, value: {{ .Values.redis.keyPrefix | quote }} }
{{- with .Values.redis.username }}
- { name: REDIS_USERNAME, value: {{ . | quote }} }
{{- end }}
{{- with .Values.redis.existingSecret }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ . | quote }}, key: {{ $.Values.redis.passwordKey | quote }} } }
{{- end }}
{{- if .Values.redis.tls.enabled }}
- { name: REDIS_SSL, value: "true" }
{{- with .Values.redis.tls.existingSecret }}
- { name: REDIS_SSL_CAFILE, value: /etc/redis-tls/ca.crt }
{{- end }}
{{- end }}
{{ include "gunicorn-prometheus-exporter.nodeEnv" . }}
{{- end }}

{{/* The variables of the exporter, without extraEnv. */}}
{{- define "gunicorn-prometheus-exporter.env" -}}
{{ include "gunicorn-prometheus-exporter.pageEnv" . }}
{{ include "gunicorn-prometheus-exporter.redis.env" . }}
{{- if eq .Values.mode "daemonset" }}
# Without this setting, each pod would show the applications of all nodes.
- { name: SIDECAR_NODE_ONLY, value: "true" }
{{- end }}
{{- end }}

{{/* Files of Redis, for the exporter and for applications. */}}
{{- define "gunicorn-prometheus-exporter.redis.volumeMounts" -}}
{{- if and .Values.redis.tls.enabled .Values.redis.tls.existingSecret -}}
- { name: redis-tls, mountPath: /etc/redis-tls, readOnly: true }
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.redis.volumes" -}}
{{- if and .Values.redis.tls.enabled .Values.redis.tls.existingSecret -}}
- name: redis-tls
  secret:
    secretName: {{ .Values.redis.tls.existingSecret | quote }}
    defaultMode: 288
    items: [{ key: ca.crt, path: ca.crt }]
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.pageVolumeMounts" -}}
{{- if .Values.page.tls.existingSecret }}
- { name: metrics-tls, mountPath: /etc/metrics-tls, readOnly: true }
{{- end }}
{{- if .Values.page.auth.existingSecret }}
- { name: metrics-credentials, mountPath: /etc/metrics-credentials, readOnly: true }
{{- end }}
{{- end }}

{{/* Files of mode 0440: the pod needs an fsGroup. */}}
{{- define "gunicorn-prometheus-exporter.pageVolumes" -}}
{{- with .Values.page.tls.existingSecret }}
- name: metrics-tls
  secret:
    secretName: {{ . | quote }}
    defaultMode: 288
    items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }]
{{- end }}
{{- with .Values.page.auth.existingSecret }}
- name: metrics-credentials
  secret: { secretName: {{ . | quote }}, defaultMode: 288 }
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.ownMounts" -}}
{{- include "gunicorn-prometheus-exporter.pageVolumeMounts" . }}
{{ include "gunicorn-prometheus-exporter.redis.volumeMounts" . }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.mounts" -}}
{{- include "gunicorn-prometheus-exporter.ownMounts" . }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.ownVolumes" -}}
{{- include "gunicorn-prometheus-exporter.pageVolumes" . }}
{{ include "gunicorn-prometheus-exporter.redis.volumes" . }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.volumes" -}}
{{- include "gunicorn-prometheus-exporter.ownVolumes" . }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.page.port | quote }}
prometheus.io/path: /metrics
prometheus.io/scheme: {{ ternary "https" "http" (ne .Values.page.tls.existingSecret "") }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.probe" -}}
{{- $scheme := ternary "HTTPS" "HTTP" (ne .Values.page.tls.existingSecret "") -}}
scheme: {{ $scheme }}, port: metrics
{{- end }}

{{- define "gunicorn-prometheus-exporter.livenessProbe" -}}
livenessProbe:
  httpGet: { path: /healthz, {{ include "gunicorn-prometheus-exporter.probe" . }} }
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "gunicorn-prometheus-exporter.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "gunicorn-prometheus-exporter.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- end }}
