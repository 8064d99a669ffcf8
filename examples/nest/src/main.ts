import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'

async function start() {
  const app = await NestFactory.create(AppModule, { logger: ['warn'] })
  await app.listen(process.env['PORT'] ?? 8000)
}

void start()
