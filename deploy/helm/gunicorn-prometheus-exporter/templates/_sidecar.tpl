{{/*
For other charts: the exporter beside an application in its pod. Each template takes the context of
this chart: index .Subcharts "gunicorn-prometheus-exporter".
*/}}
{{- define "gunicorn-prometheus-exporter.sidecar.container" -}}
{{- $env := include "gunicorn-prometheus-exporter.sidecar.ownEnv" . | trim -}}
{{- include "gunicorn-prometheus-exporter.refuseRepeatedEntries" (list "extraEnv" "name" ($env | fromYamlArray) .Values.extraEnv) -}}
name: exporter
image: {{ include "gunicorn-prometheus-exporter.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [serve]
ports:
  - { containerPort: {{ .Values.page.port }}, name: metrics }
env:
  {{- $env | nindent 2 }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "gunicorn-prometheus-exporter.livenessProbe" . }}
resources: {{- toYaml .Values.sidecar.resources | nindent 2 }}
{{ include "gunicorn-prometheus-exporter.containerSecurity" . }}
volumeMounts:
  {{- include "gunicorn-prometheus-exporter.sidecar.volumeMount" . | nindent 2 }}
  {{- with include "gunicorn-prometheus-exporter.pageVolumeMounts" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.ownEnv" -}}
{{ include "gunicorn-prometheus-exporter.pageEnv" . }}
{{ include "gunicorn-prometheus-exporter.sidecar.directory" . }}
{{ include "gunicorn-prometheus-exporter.nodeEnv" . }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.directory" -}}
- { name: PROMETHEUS_MULTIPROC_DIR, value: {{ .Values.sidecar.directory | quote }} }
{{- end }}

{{/* The variables of the application. */}}
{{- define "gunicorn-prometheus-exporter.sidecar.env" -}}
{{ include "gunicorn-prometheus-exporter.sidecar.directory" . }}
{{- if or .Values.page.tls.existingSecret .Values.page.auth.existingSecret }}
# Without a sidecar, the application would open the page without TLS and a password.
- { name: SIDECAR_MODE, value: "true" }
{{- end }}
{{- end }}

{{/* The mount of the application. */}}
{{- define "gunicorn-prometheus-exporter.sidecar.volumeMount" -}}
- { name: {{ .Values.sidecar.volumeName | quote }}, mountPath: {{ .Values.sidecar.directory | quote }} }
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.volumes" -}}
- name: {{ .Values.sidecar.volumeName | quote }}
  emptyDir: { medium: Memory, sizeLimit: {{ .Values.sidecar.volumeSize }} }
{{- include "gunicorn-prometheus-exporter.pageVolumes" . }}
{{- end }}
